import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { AbiCoder, Interface, keccak256, toBeHex, toQuantity } from "ethers";

import { jobIdOf, type Terms } from "@orion/protocol/chain";

import { ROOT } from "../../test/support/network/chain-process.ts";
import { accountAt, ACCOUNTS, type TestNetwork } from "../../test/support/network/test-network.ts";

/** Jobs whose events stand in one block, and blocks from one of these to the next. */
const JOBS_PER_BLOCK = 100;
const EVERY_BLOCKS = 10;
const BLOCK_SECONDS = 60;
const LOOK_MS = 5;
const MOST_LOOKS = 2_000;
const MOST_SLOTS = 64;
const GAS = toQuantity(29_000_000);

/**
 * Writes the traces of finished jobs into a chain of anvil's, at an even pace of blocks. Of those in one block only the last has its slot in the market's storage; gives the id of one
 * of them, from the middle.
 * @param begin number of the first of them, which no other job may have
 */
export async function writePast(
  running: TestNetwork,
  known: { readonly jobId: string; readonly terms: Terms },
  count: number,
  onProgress: (done: number) => void,
  begin = 0,
): Promise<string> {
  const { chainProcess, network } = running;
  const { market } = network.addresses;
  const slot = await slotOfJobs(running, known.jobId);
  const { abi, deployedBytecode } = await artifact();
  const own = await chainProcess.rpc("eth_getCode", [market, "latest"]);
  await chainProcess.rpc("anvil_setCode", [market, deployedBytecode]);
  const from = accountAt(ACCOUNTS.deployer).address;
  const worker = accountAt(ACCOUNTS.workers + 3).address;
  for (let first = 0; first < count; first += JOBS_PER_BLOCK) {
    const size = Math.min(JOBS_PER_BLOCK, count - first);
    const data = abi.encodeFunctionData("write", [known.terms, begin + first, size, worker, slot]);
    const hash = await chainProcess.rpc("eth_sendTransaction", [{ from, to: market, data, gas: GAS }]);
    await requireMined(running, hash);
    await mine(running, EVERY_BLOCKS - 1);
    onProgress(first + size);
  }
  await chainProcess.rpc("anvil_setCode", [market, own]);
  const stored = Math.min(count, JOBS_PER_BLOCK * (Math.floor(count / JOBS_PER_BLOCK / 2) + 1)) - 1;
  return jobIdOf(network.chainId, market, { ...known.terms, salt: toBeHex(begin + stored, 32) });
}

/** Anvil mines a moment after it has taken a transaction. */
async function requireMined({ chainProcess }: TestNetwork, hash: unknown): Promise<void> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    const receipt = (await chainProcess.rpc("eth_getTransactionReceipt", [hash])) as { status: string } | null;
    if (receipt?.status === "0x1") return;
    if (receipt !== null) throw new Error("the past was refused");
    await delay(LOOK_MS);
  }
  throw new Error("the past was not mined");
}

/** Lets blocks pass at the chain's pace. */
export function mine({ chainProcess }: TestNetwork, blocks: number): Promise<unknown> {
  return chainProcess.rpc("anvil_mine", [toQuantity(blocks), toQuantity(BLOCK_SECONDS)]);
}

/** Where the market keeps its jobs: the slot under which a known one lies. */
async function slotOfJobs({ chain, network }: TestNetwork, jobId: string): Promise<number> {
  for (let slot = 0; slot < MOST_SLOTS; slot++) {
    const place = keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "uint256"], [jobId, slot]));
    const word = BigInt(await chain.provider.getStorage(network.addresses.market, place));
    if (word !== 0n) return slot;
  }
  throw new Error("the market's jobs were not found in its storage");
}

async function artifact(): Promise<{ abi: Interface; deployedBytecode: string }> {
  const file = path.join(ROOT, "artifacts/contracts/mocks/PastJobs.sol/PastJobs.json");
  const { abi, deployedBytecode } = JSON.parse(await readFile(file, "utf8")) as {
    abi: ConstructorParameters<typeof Interface>[0];
    deployedBytecode: string;
  };
  return { abi: new Interface(abi), deployedBytecode };
}
