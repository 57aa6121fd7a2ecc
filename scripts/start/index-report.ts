import type { Devnet } from "@orion/cli";
import { createQueryClient, runQuery, type RunQuery } from "@orion/protocol/query";
import { getAddress } from "ethers";

import type { DisputeReport } from "./disputes.ts";
import type { ExchangeReport } from "./exchange-report.ts";
import { addUp, type Payment } from "./payments.ts";
import { CHEATS, type CheatWallets } from "./services.ts";

/** What the index says of the run, in the words of the report. */
export interface IndexedRun {
  readonly url: string;
  /** The block at which it was asked, and how long after the last transaction it had come to it. */
  readonly block: number;
  readonly seconds: number;
  readonly result: { readonly cid: string; readonly root: string };
  readonly payments: readonly Payment[];
  readonly disputes: readonly Omit<DisputeReport, "moves" | "transactions" | "gas" | "seconds">[];
  readonly dex: Pick<ExchangeReport, "usdPerOrion" | "swaps" | "fees" | "paidForEscrow" | "rewards">;
}

/** Asks the index for everything that the report says, once it has come to the given block. */
export async function askIndex(
  url: string,
  devnet: Devnet,
  run: { readonly block: number; readonly jobId: string; readonly pool: bigint; readonly cheats: CheatWallets },
  signal: AbortSignal,
): Promise<IndexedRun> {
  const began = performance.now();
  const client = createQueryClient({ url, signal });
  const { block } = await client.untilBlock(run.block);
  const seconds = (performance.now() - began) / 1_000;
  const pool = `0x${run.pool.toString(16).padStart(64, "0")}`;
  const answer = await client.ask(runQuery, { job: run.jobId, pool, farm: pool });
  const { job } = answer;
  if (job === null) throw new Error(`the index knows no job ${run.jobId}`);
  const [result] = job.results;
  return {
    url,
    block,
    seconds,
    result: { cid: result?.cid ?? "", root: result?.resultRoot ?? "" },
    payments: paymentsOf(job, devnet),
    disputes: disputesOf(job, run.cheats),
    dex: exchangeOf(answer, devnet),
  };
}

type IndexedJob = NonNullable<RunQuery["job"]>;

function paymentsOf({ payments }: IndexedJob, devnet: Devnet): Payment[] {
  const parts = payments.map(({ unit, provider, pay, tip, fee, feeTo }) => ({
    shards: Number(unit.to) - Number(unit.from),
    worker: getAddress(provider.id),
    earned: BigInt(pay) + BigInt(tip),
    fee: BigInt(fee),
    feeTo: getAddress(feeTo),
  }));
  return addUp(parts, devnet);
}

function disputesOf({ penalties }: IndexedJob, cheats: CheatWallets): IndexedRun["disputes"] {
  const found = penalties.flatMap(({ worker, unit, finder, claim, burned, compensation, reward, reserved }) => {
    const cheat = CHEATS.find((name) => cheats[name].address === getAddress(worker.id));
    if (cheat === undefined) return [];
    const proof = claim.dispute?.proofs[0];
    const number = (value: string | undefined): number | null => (value === undefined ? null : Number(value));
    return [
      {
        cheat,
        unit: Number(unit.index),
        kind: proof === undefined ? ("silence" as const) : ("walk" as const),
        node: number(proof?.node),
        element: number(proof?.position),
        claimed: number(proof?.claimed),
        actual: number(proof?.actual),
        finder: finder === null ? "" : getAddress(finder),
        slashed: BigInt(burned) + BigInt(compensation) + BigInt(reward) + BigInt(reserved),
        reward: BigInt(reward),
      },
    ];
  });
  return found.sort((a, b) => a.cheat.localeCompare(b.cheat));
}

function exchangeOf({ pool, job, farmChanges, usdFeeds }: RunQuery, { network, wallets }: Devnet): IndexedRun["dex"] {
  if (pool === null) throw new Error("the index knows no CU/ORION pool");
  const creditsFirst = getAddress(pool.token0.id) === network.addresses.credits;
  const [first, second] = [BigInt(pool.lpFees0), BigInt(pool.lpFees1)];
  const harvested = farmChanges.filter(
    ({ account }) => account !== null && getAddress(account) === wallets.liquidity.address,
  );
  const [feed] = usdFeeds;
  return {
    usdPerOrion: feed === undefined ? null : BigInt(feed.price),
    swaps: pool.swapCount,
    fees: creditsFirst ? { credits: first, orion: second } : { credits: second, orion: first },
    paidForEscrow: BigInt(job?.purchases[0]?.amountIn ?? 0),
    rewards: harvested.reduce((sum, { orion }) => sum + BigInt(orion), 0n),
  };
}
