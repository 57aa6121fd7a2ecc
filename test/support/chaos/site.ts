import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { createContentStore, startIpfsNode } from "@orion/protocol/storage";

import { anvilPath, startAnvil, startHardhat } from "../network/chain-process.ts";
import { ACCOUNTS, ORION, reopen, startTestNetwork, type TestNetwork } from "../network/test-network.ts";
import { LIAR, PAYER, WORKERS } from "./plan.ts";
import { MOST_LAG } from "./weather.ts";

/** What each worker, and a liar, has staked. */
export const STAKE = 100n * ORION;
/** What the payer holds. */
export const PURSE = 1_000n * ORION;

/**
 * Seconds. Nothing that the runner does to a service lasts as long as an honest party has for an answer or a commit; a validator has the window
 * to find a liar.
 */
const CLOCKS = {
  claimPeriod: 1_200,
  challengeWindow: 600,
  manifestPeriod: 1_200,
  answerPeriod: 900,
  descendPeriod: 900,
  leastWindow: 60,
};

/** A chain with the contracts that many seeds use, one after the other: each finds it as the first one did. */
export interface Site {
  /** A network as new, with an empty content store, whose files lie in a folder of its own. Blocks come only when they are mined. */
  begin(dir: string): Promise<TestNetwork>;
  stop(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  const anvil = anvilPath();
  const base = await startTestNetwork({
    fast: CLOCKS,
    startChain: anvil === undefined ? startHardhat : () => startAnvil(anvil),
  });
  for (const account of [...WORKERS, LIAR]) await base.stake(account, STAKE);
  await payOrion(base, PAYER, PURSE);
  const { chainProcess } = base;
  let snapshot = await chainProcess.rpc("evm_snapshot");
  return {
    async begin(dir) {
      await chainProcess.rpc("evm_revert", [snapshot]);
      snapshot = await chainProcess.rpc("evm_snapshot");
      // A node that lags must still know who has what; states of blocks that earlier seeds looked at are forgotten some day.
      for (let i = 0; i <= MOST_LAG; i++) await chainProcess.rpc("evm_mine");
      await chainProcess.rpc("evm_setAutomine", [false]);
      const ipfs = await startIpfsNode({ dataDir: path.join(dir, "ipfs") });
      const network = { ...base.network, ipfsUrl: ipfs.url };
      const fresh = await reopen({ ...base, dir, ipfs, network });
      const stop = async (): Promise<void> => {
        await fresh.stop();
        await ipfs.stop();
      };
      return { ...fresh, store: createContentStore({ url: ipfs.url }), stop };
    },
    stop: () => base.stop(),
  };
}

async function payOrion(running: TestNetwork, account: number, amount: bigint): Promise<void> {
  const { interface: abi } = running.chain.contracts.orion;
  const { address } = running.sender(account);
  const data = abi.encodeFunctionData("transfer", [address, amount]);
  await running.sender(ACCOUNTS.deployer).send({ to: running.network.addresses.orion, data, label: "transfer" });
}

/** A folder for the files of one seed. */
export function seedFolder(seed: number): Promise<string> {
  return mkdtemp(path.join(tmpdir(), `orion-chaos-${String(seed)}-`));
}

export function removeFolder(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true });
}
