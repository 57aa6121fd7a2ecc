import type { Interface } from "ethers";

import { reading, type Call, type Chain, type Terms, type UnitRecord } from "../chain/index.ts";
import { toHex } from "../common/hex.ts";
import { nodeFacts, proofHeader, type Program, type Sha256 } from "../tensor/index.ts";
import type { TraceAnswer } from "./answer.ts";
import { claimFacts } from "./claim-facts.ts";
import type { OutputBlock } from "./dispute-state.ts";
import { profileOf } from "./job-options.ts";
import type { ReadyProof } from "./make-proof.ts";
import type { Move } from "./next-move.ts";
import {
  ancestor,
  depthOf,
  nodeOf,
  placeOnChain,
  shardPlace,
  tensorTop,
  type ClaimShape,
  type Place,
  type Tree,
} from "./place.ts";

/** One claim before the judge of a network. */
export interface Case {
  readonly chain: Chain;
  readonly terms: Terms;
  readonly unit: UnitRecord;
  readonly program: Program;
  readonly sha256: Sha256;
}

/** What shows that the sender may demand of a claim whose job names its challengers. */
export interface Admission {
  readonly path: readonly string[];
  readonly reserve: string;
  readonly attempt: number;
}

const ZERO = `0x${"00".repeat(32)}`;
/** For claims that are open to anyone. */
export const ANYONE: Admission = { path: [], reserve: ZERO, attempt: 0 };

/** Demands may become dearer between two looks: prepay so much more per cent; the excess stays the payer's balance. */
const PRICE_MARGIN_PERCENT = 150n;

const EMPTY_ENTRY = { descriptor: "0x", path: [] };
const NO_LEADER = { place: 0n, hash: ZERO };

export function demandCall(
  of: Case,
  shape: ClaimShape,
  move: Extract<Move, { type: "demand" }>,
  price: bigint,
  admission: Admission = ANYONE,
): Call {
  const { tree, place, hash, path, leader } = move;
  return judgeCall(of, "demand", price, [
    ...claimOf(of),
    proofHeader(of.program, of.sha256),
    entryFor(of, shape, tree, place, path.length),
    { place: placeOnChain(tree, place), hash, path },
    leader === undefined ? NO_LEADER : { place: placeOnChain("trace", leader.place), hash: leader.hash },
    admission,
  ]);
}

export function demandTraceCall(
  of: Case,
  shape: ClaimShape,
  { shard, leaf, path }: Extract<Move, { type: "demandTrace" }>,
  price: bigint,
  admission: Admission = ANYONE,
): Call {
  const target = { place: placeOnChain("outputs", shardPlace(shape, shard)), hash: leaf, path };
  return judgeCall(of, "demandTrace", price, [...claimOf(of), target, admission]);
}

export function demandOutputCall(of: Case, block: OutputBlock, price: bigint, admission: Admission = ANYONE): Call {
  const node = of.program.outputNodes[block.output] ?? 0;
  const { header, descriptor, descriptorPath } = nodeFacts(of.program, node, of.sha256);
  const entry = { descriptor, path: [...descriptorPath] };
  return judgeCall(of, "demandOutput", price, [...claimOf(of), header, entry, block, admission]);
}

/** What kind of demand is paid for. */
export type Priced = "hashes" | "compute" | { readonly outputChunks: number };

/** Wei to send with the next demand of a kind. */
export async function demandPrice({ chain, unit, terms }: Case, priced: Priced, now: number): Promise<bigint> {
  const { disputes } = chain.contracts;
  const { market } = chain.network.addresses;
  const profile = profileOf(terms);
  const price = await reading(chain, async () => {
    if (priced === "hashes") return disputes.priceOf(market, unit.key, profile);
    if (priced === "compute") return disputes.priceOfTrace(profile, unit.to - unit.from);
    return disputes.priceOfOutput(market, unit.key, profile, priced.outputChunks);
  });
  return (price * PRICE_MARGIN_PERCENT) / 100n + (await lateness(chain, unit, profile, now));
}

/** A demand after the window, or so close to its end that it may be mined after it, delays the settlement and prepays for that. */
async function lateness(chain: Chain, unit: UnitRecord, profile: number, now: number): Promise<bigint> {
  const { descendPeriod, traceWei } = await reading(chain, () => chain.contracts.disputes.profile(profile));
  return now + LATE_MARGIN_SECONDS > unit.windowEnd ? (descendPeriod * traceWei) / 16n + 1n : 0n;
}

const LATE_MARGIN_SECONDS = 60;

export function timeoutCall({ chain, unit }: Pick<Case, "chain" | "unit">, subject: string): Call {
  return judgeCall({ chain }, "timeout", 0n, [chain.network.addresses.market, unit.key, subject]);
}

export function respondCall({ chain, unit }: Case, tree: Tree, place: Place, hash: string, answer: Uint8Array): Call {
  const { market } = chain.network.addresses;
  return judgeCall({ chain }, "respond", 0n, [market, unit.key, placeOnChain(tree, place), hash, answer]);
}

/** @param signature the worker's, where somebody else sends the answer */
export function respondTraceCall(of: Case, answer: TraceAnswer, signature = "0x"): Call {
  return judgeCall(of, "respondTrace", 0n, [...claimOf(of), proofHeader(of.program, of.sha256), answer, signature]);
}

export function respondOutputCall(
  of: Case,
  block: OutputBlock,
  opening: { chunks: Uint8Array; path: Uint8Array[] },
): Call {
  return judgeCall(of, "respondOutput", 0n, [...claimOf(of), proofHeader(of.program, of.sha256), block, opening]);
}

export function proveCall(of: Case, { shard, shardRoot, kind, proof }: ReadyProof, salt: string): Call {
  return judgeCall(of, "proveFraud", 0n, [...claimOf(of), shard, shardRoot, kind, toHex(proof), salt]);
}

export function sealCall(of: Pick<Case, "chain">, commitment: string): Call {
  return judgeCall(of, "seal", 0n, [commitment]);
}

function claimOf({ chain, terms, unit }: Case): readonly unknown[] {
  return [chain.network.addresses.market, unit.key, claimFacts(terms, unit)];
}

type JudgeFunction =
  | "demand"
  | "demandTrace"
  | "demandOutput"
  | "timeout"
  | "respond"
  | "respondTrace"
  | "respondOutput"
  | "proveFraud"
  | "seal";

function judgeCall(
  { chain }: Pick<Case, "chain">,
  label: JudgeFunction,
  value: bigint,
  args: readonly unknown[],
): Call {
  const data = (chain.contracts.disputes.interface as Interface).encodeFunctionData(label, args);
  return { to: chain.network.addresses.disputes, data, ...(value === 0n ? {} : { value }), label };
}

/** The descriptor that goes with a demand whose path to its anchor crosses the root of a node. */
function entryFor(
  of: Case,
  shape: ClaimShape,
  tree: Tree,
  place: Place,
  levels: number,
): { descriptor: Uint8Array | string; path: Uint8Array[] } {
  const top = tensorTop(shape);
  if (tree === "outputs" || depthOf(place) < top || depthOf(ancestor(place, levels)) >= top) return EMPTY_ENTRY;
  const { descriptor, descriptorPath } = nodeFacts(of.program, nodeOf(shape, place), of.sha256);
  return { descriptor, path: [...descriptorPath] };
}
