import { Wallet } from "ethers";

import { connectChain, createSender, type Chain, type NetworkFile, type Sender } from "@orion/protocol/chain";
import { CREDIT, silentLogger, systemClock } from "@orion/protocol/common";

import type { Parameters } from "./parameters.ts";
import type { DeployProgress } from "./progress.ts";

type Seed = Pick<Parameters["Orion"], "seedOrion" | "seedCredits">;
type Report = ((progress: DeployProgress) => void) | undefined;

const POOL = "CU/ORION pool";
/** Fee of the treasury's position, in basis points of its lock. */
const FEE_BPS = 25n;
const LOCAL_POLL_MS = 25;
/** Chains of this machine mine at once. */
const LOCAL_CHAIN_IDS: ReadonlySet<number> = new Set([31_337, 1_337]);

/**
 * How it ended: the pool was made, or is there already; or the signer is not the treasury or does not hold the ORION (the treasury calls this later).
 * Nobody can mint credits before, so nobody else can make the pool.
 */
export type SeedOutcome = "made" | "exists" | "unfunded";

/**
 * Opens the credits with the treasury's key: makes the canonical pool with its ORION and with CU of a position of its own, which it will owe like
 * anybody else. Leaves a pool that exists alone.
 */
export async function seedPool(
  network: NetworkFile,
  privateKey: string,
  seed: Seed,
  report?: Report,
): Promise<SeedOutcome> {
  const chain = await connectChain(network);
  try {
    const { orion, credits } = chain.contracts;
    if ((await credits.positions()) > 0n) return "exists";
    const wallet = new Wallet(privateKey);
    if ((await credits.TREASURY()) !== wallet.address) return "unfunded";
    const needed = await costOf(chain, seed);
    if ((await orion.balanceOf(wallet)) < needed) return "unfunded";
    report?.({ contract: POOL, step: "sending" });
    await open(chain, senderOf(chain, wallet), seed, needed);
    report?.({ contract: POOL, step: "deployed", detail: network.addresses.dex });
    return "made";
  } finally {
    chain.close();
  }
}

/** ORION that opening takes: for the pool, the lock and its fee. */
async function costOf({ contracts }: Chain, { seedOrion, seedCredits }: Seed): Promise<bigint> {
  const { floor } = await contracts.credits.parameters();
  const lock = (seedCredits * floor + CREDIT - 1n) / CREDIT;
  return seedOrion + lock + (lock * FEE_BPS + 9_999n) / 10_000n;
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

async function open({ contracts, network }: Chain, sender: Sender, seed: Seed, needed: bigint): Promise<void> {
  const { orion, credits } = contracts;
  const { addresses } = network;
  if ((await orion.allowance(sender.address, addresses.credits)) < needed) {
    const data = orion.interface.encodeFunctionData("approve", [addresses.credits, needed]);
    await sender.send({ to: addresses.orion, data, label: "approve" });
  }
  const data = credits.interface.encodeFunctionData("open", [seed.seedCredits, seed.seedOrion]);
  await sender.send({ to: addresses.credits, data, label: "make the pool" });
}
