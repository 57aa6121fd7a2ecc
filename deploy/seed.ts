import { MaxUint256, Wallet } from "ethers";

import { connectChain, createSender, type Chain, type NetworkFile, type Sender } from "@orion/protocol/chain";
import { silentLogger, systemClock } from "@orion/protocol/common";
import { depositOf } from "@orion/protocol/exchange";

import type { Parameters } from "./parameters.ts";
import type { DeployProgress } from "./progress.ts";

type Seed = Pick<Parameters["Orion"], "seedOrion" | "seedCredits">;
type Report = ((progress: DeployProgress) => void) | undefined;

const POOL = "CU/ORION pool";
const TERM_SECONDS = 30 * 86_400;
const FEE = 30;
const LOCAL_POLL_MS = 25;
const NO_POOL = { reserve0: 0n, reserve1: 0n, supply: 0n } as const;
/** Chains of this machine mine at once. */
const LOCAL_CHAIN_IDS: ReadonlySet<number> = new Set([31_337, 1_337]);

/**
 * How it ended: the pool was made, or is there already; or it is there with less than half of the seed, made by whoever was faster, at a price of its
 * own, and got nothing of the seed; or the signer does not hold the ORION (the treasury is somebody else, who calls this later).
 */
export type SeedOutcome = "made" | "exists" | "thin" | "unfunded";

/**
 * Makes the canonical pool with the signer's ORION and with CU of a position of its own, which it will owe like anybody else. Leaves a pool that exists
 * alone, and finishes what an earlier call began.
 */
export async function seedPool(
  network: NetworkFile,
  privateKey: string,
  seed: Seed,
  report?: Report,
): Promise<SeedOutcome> {
  const chain = await connectChain(network);
  try {
    const there = await poolThere(chain, seed);
    if (there !== undefined) return there;
    const wallet = new Wallet(privateKey);
    if ((await chain.contracts.orion.balanceOf(wallet)) < seed.seedOrion) return "unfunded";
    report?.({ contract: POOL, step: "sending" });
    try {
      await makePool(chain, senderOf(chain, wallet), seed);
    } catch (error) {
      const faster = await poolThere(chain, seed);
      if (faster === undefined) throw error;
      return faster;
    }
    report?.({ contract: POOL, step: "deployed", detail: network.addresses.dex });
    return "made";
  } finally {
    chain.close();
  }
}

async function poolThere({ contracts, network }: Chain, seed: Seed): Promise<"exists" | "thin" | undefined> {
  const [reserve0, reserve1] = await contracts.dex.reservesOf(await contracts.credits.POOL());
  if (reserve0 === 0n) return undefined;
  const inPool = BigInt(network.addresses.credits) < BigInt(network.addresses.orion) ? reserve1 : reserve0;
  return 2n * inPool < seed.seedOrion ? "thin" : "exists";
}

function senderOf(chain: Chain, wallet: Wallet): Sender {
  const isLocal = LOCAL_CHAIN_IDS.has(chain.network.chainId);
  return createSender({
    chain,
    wallet,
    clock: systemClock,
    log: silentLogger,
    ...(isLocal ? { pollMs: LOCAL_POLL_MS } : {}),
  });
}

async function makePool({ contracts, network }: Chain, sender: Sender, seed: Seed): Promise<void> {
  const { orion, credits, dex } = contracts;
  const { addresses } = network;
  const approve = async (token: typeof orion | typeof credits, spender: string, amount: bigint): Promise<void> => {
    if ((await token.allowance(sender.address, spender)) >= amount) return;
    const data = token.interface.encodeFunctionData("approve", [spender, amount]);
    await sender.send({ to: await token.getAddress(), data, label: "approve" });
  };
  const missing = seed.seedCredits - (await credits.balanceOf(sender.address));
  if (missing > 0n) {
    const lock = (missing * (await credits.collateralPerCredit())) / 10n ** 12n + 1n;
    await approve(orion, addresses.credits, lock);
    const data = credits.interface.encodeFunctionData("mint", [missing, TERM_SECONDS, lock, sender.address]);
    await sender.send({ to: addresses.credits, data, label: "mint the seed" });
  }
  await approve(orion, addresses.dex, seed.seedOrion);
  await approve(credits, addresses.dex, seed.seedCredits);
  const creditsFirst = BigInt(addresses.credits) < BigInt(addresses.orion);
  const [token0, token1] = creditsFirst ? [addresses.credits, addresses.orion] : [addresses.orion, addresses.credits];
  const [maxAmount0, maxAmount1] = creditsFirst
    ? [seed.seedCredits, seed.seedOrion]
    : [seed.seedOrion, seed.seedCredits];
  const add = {
    key: { token0, token1, fee: FEE },
    maxAmount0,
    maxAmount1,
    // What the first deposit gives: a pool made meanwhile at another price gives less, and so gets nothing.
    minShares: depositOf(NO_POOL, maxAmount0, maxAmount1).shares,
    to: sender.address,
    deadline: MaxUint256,
  };
  await sender.send({
    to: addresses.dex,
    data: dex.interface.encodeFunctionData("addLiquidity", [add]),
    label: "seed the pool",
  });
}
