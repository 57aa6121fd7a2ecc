import { formatAmount, ORION, type Client } from "@orion/cli";
import { contractInterface, type JobRecord, type PenaltyRecord } from "@orion/protocol/chain";
import type { LogDescription } from "ethers";

import { CHEATS, type CheatName, type CheatWallets } from "./services.ts";

/** How one cheat was caught. */
export interface DisputeReport {
  readonly cheat: CheatName;
  readonly unit: number;
  /** What ended the claim: a walk down to one element, which was disproved, or silence. */
  readonly kind: "walk" | "silence";
  /** Demands, answers, and the end. */
  readonly moves: number;
  /** Transactions of all sides from the first demand or seal to the end. */
  readonly transactions: number;
  readonly gas: number;
  /** From the commit to the fall. */
  readonly seconds: number;
  /** The value that was disproved; null where the claim fell because its worker kept silent. */
  readonly node: number | null;
  readonly element: number | null;
  readonly claimed: number | null;
  readonly actual: number | null;
  readonly finder: string;
  /** ORION wei. */
  readonly slashed: bigint;
  readonly reward: bigint;
}

/** How each cheat was caught, as the chain tells. */
export async function disputeReports(
  client: Client,
  job: JobRecord,
  cheats: CheatWallets,
): Promise<readonly DisputeReport[]> {
  const reports: DisputeReport[] = [];
  for (const penalty of job.penalties) {
    const cheat = CHEATS.find((name) => cheats[name].address === penalty.worker);
    if (cheat !== undefined) reports.push(await reportOf(client, cheat, penalty));
  }
  return reports.sort((a, b) => a.cheat.localeCompare(b.cheat));
}

interface JudgeEvent {
  readonly description: LogDescription;
  readonly transaction: string;
  readonly block: number;
}

const MOVES = new Set([
  "Demanded",
  "TraceDemanded",
  "OutputDemanded",
  "Answered",
  "TraceAnswered",
  "OutputAnswered",
  "FraudProved",
  "TimedOut",
]);

async function reportOf(client: Client, cheat: CheatName, penalty: PenaltyRecord): Promise<DisputeReport> {
  const moves = (await judgeEvents(client, penalty.key)).filter(({ description }) => MOVES.has(description.name));
  const end = moves.at(-1);
  if (end === undefined) throw new Error(`no dispute is known about the claim ${penalty.key}`);
  const { args, name } = end.description;
  const isProof = name === "FraudProved";
  const finder = args.finder as string;
  const seals = isProof ? await sealBefore(client, finder, end.block) : [];
  const hashes = new Set([...moves.map(({ transaction }) => transaction), ...seals]);
  const number = (field: string): number | null => (isProof ? Number(args[field] as bigint) : null);
  return {
    cheat,
    unit: penalty.unit,
    kind: isProof ? "walk" : "silence",
    moves: moves.length,
    transactions: hashes.size,
    gas: await gasOf(client, hashes),
    seconds: (await timeOf(client, end.block)) - (await timeOf(client, await commitBlock(client, penalty.key))),
    node: number("node"),
    element: number("position"),
    claimed: number("claimed"),
    actual: number("actual"),
    finder,
    slashed: penalty.burned + penalty.compensation + penalty.reward + penalty.reserved,
    reward: penalty.reward,
  };
}

async function judgeEvents({ chain }: Client, key: string): Promise<JudgeEvent[]> {
  const logs = await chain.provider.getLogs({
    address: chain.network.addresses.disputes,
    topics: [null, null, key],
    fromBlock: chain.network.deployBlock,
  });
  return logs.flatMap((log) => {
    const description = contractInterface("DisputeManager").parseLog(log);
    return description === null ? [] : [{ description, transaction: log.transactionHash, block: log.blockNumber }];
  });
}

/** The last seal that a finder laid before its proof. */
async function sealBefore({ chain }: Client, prover: string, block: number): Promise<string[]> {
  const { disputes } = chain.contracts;
  const seals = await disputes.queryFilter(disputes.filters.Sealed(undefined, prover), 0, block - 1);
  return seals.slice(-1).map(({ transactionHash }) => transactionHash);
}

async function commitBlock({ chain }: Client, key: string): Promise<number> {
  const { market } = chain.contracts;
  const [commit] = await market.queryFilter(market.filters.ClaimCommitted(undefined, key));
  if (commit === undefined) throw new Error(`the claim ${key} was never committed`);
  return commit.blockNumber;
}

async function timeOf({ chain }: Client, block: number): Promise<number> {
  return (await chain.provider.getBlock(block))?.timestamp ?? 0;
}

async function gasOf({ chain }: Client, hashes: Iterable<string>): Promise<number> {
  const receipts = await Promise.all([...hashes].map((hash) => chain.provider.getTransactionReceipt(hash)));
  return receipts.reduce((sum, receipt) => sum + Number(receipt?.gasUsed ?? 0n), 0);
}

/** One line of the summary; amounts are decimal strings of ORION wei. */
export function disputeJson(report: DisputeReport): object {
  const { kind, moves, transactions, gas, seconds, node, element, claimed, actual, slashed, reward } = report;
  return { kind, moves, transactions, gas, seconds, node, element, claimed, actual, slashed, reward };
}

/** The same for people. */
export function disputeLines(report: DisputeReport): string[] {
  const { cheat, unit, kind, moves, transactions, gas, seconds, slashed, reward } = report;
  const how =
    kind === "silence"
      ? "gave no answer in time"
      : `proved wrong at node ${report.node}, element ${report.element}: claimed ${report.claimed}, true ${report.actual}`;
  return [
    `Caught the ${cheat} (unit ${unit}): ${how}`,
    `       ${moves} moves in ${transactions} transactions, ${gas.toLocaleString("en")} gas, ${seconds} s after its commit; slashed ${formatAmount(slashed, ORION)}, reward ${formatAmount(reward, ORION)}`,
  ];
}
