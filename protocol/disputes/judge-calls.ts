import { type Call, type Chain, reading, type Terms, type UnitRecord } from "../chain/index.ts";
import { toHex } from "../common/hex.ts";
import { nodeFacts, proofHeader, type Program, type Sha256 } from "../tensor/index.ts";
import { claimFacts } from "./claim-facts.ts";
import type { OutputRange } from "./dispute-state.ts";
import type { ReadyProof } from "./make-proof.ts";
import type { Move } from "./next-move.ts";
import { ancestor, depthOf, nodeOf, tensorTop, type ClaimShape, type Place } from "./place.ts";

/** One claim before the judge of a network. */
export interface Case {
  readonly chain: Chain;
  readonly terms: Terms;
  readonly unit: UnitRecord;
  readonly program: Program;
  readonly sha256: Sha256;
}

/** Demands may become dearer between two looks: prepay so much more per cent; the excess stays the payer's balance. */
const PRICE_MARGIN_PERCENT = 150n;

const EMPTY_ENTRY = { descriptor: "0x", path: [] };

export function demandCall(of: Case, shape: ClaimShape, move: Extract<Move, { type: "demand" }>, price: bigint): Call {
  const { market, disputes } = of.chain.network.addresses;
  const data = of.chain.contracts.disputes.interface.encodeFunctionData("demand", [
    market,
    of.unit.key,
    claimFacts(of.terms, of.unit),
    proofHeader(of.program, of.sha256),
    entryFor(of, shape, move.place, move.path.length),
    { place: move.place, hash: move.hash, path: move.path },
  ]);
  return { to: disputes, data, value: price, label: "demand" };
}

/** Wei to send with the next demand, or with one for so many output chunks. */
export async function demandPrice({ chain, unit, terms }: Case, outputChunks?: number): Promise<bigint> {
  const { disputes } = chain.contracts;
  const { market } = chain.network.addresses;
  const price = await reading(chain, () =>
    outputChunks === undefined
      ? disputes.priceOf(market, unit.key, terms.profile)
      : disputes.priceOfOutput(market, unit.key, terms.profile, outputChunks),
  );
  return (price * PRICE_MARGIN_PERCENT) / 100n;
}

export function timeoutCall({ chain, unit }: Pick<Case, "chain" | "unit">, subject: string): Call {
  const { market, disputes } = chain.network.addresses;
  const data = chain.contracts.disputes.interface.encodeFunctionData("timeout", [market, unit.key, subject]);
  return { to: disputes, data, label: "timeout" };
}

export function respondCall({ chain, unit }: Case, place: Place, hash: string, answer: Uint8Array): Call {
  const { market, disputes } = chain.network.addresses;
  const data = chain.contracts.disputes.interface.encodeFunctionData("respond", [
    market,
    unit.key,
    place,
    hash,
    answer,
  ]);
  return { to: disputes, data, label: "respond" };
}

export function respondOutputCall(
  of: Case,
  range: OutputRange,
  opening: { chunks: Uint8Array; path: Uint8Array[] },
): Call {
  const { market, disputes } = of.chain.network.addresses;
  const data = of.chain.contracts.disputes.interface.encodeFunctionData("respondOutput", [
    market,
    of.unit.key,
    claimFacts(of.terms, of.unit),
    proofHeader(of.program, of.sha256),
    range,
    opening,
  ]);
  return { to: disputes, data, label: "respondOutput" };
}

export function demandOutputCall(of: Case, range: OutputRange, price: bigint): Call {
  const { market, disputes } = of.chain.network.addresses;
  const { descriptor, descriptorPath } = nodeFacts(
    of.program,
    { shard: range.shard, node: of.program.outputNode },
    of.sha256,
  );
  const data = of.chain.contracts.disputes.interface.encodeFunctionData("demandOutput", [
    market,
    of.unit.key,
    claimFacts(of.terms, of.unit),
    proofHeader(of.program, of.sha256),
    { descriptor, path: [...descriptorPath] },
    range,
  ]);
  return { to: disputes, data, value: price, label: "demandOutput" };
}

export function proveCall(of: Case, proof: ReadyProof, salt: string): Call {
  const { market, disputes } = of.chain.network.addresses;
  const facts = claimFacts(of.terms, of.unit);
  const data = of.chain.contracts.disputes.interface.encodeFunctionData("proveFraud", [
    market,
    of.unit.key,
    facts,
    proof.kind,
    toHex(proof.proof),
    salt,
  ]);
  return { to: disputes, data, label: "proveFraud" };
}

export function sealCall({ chain }: Case, commitment: string): Call {
  const data = chain.contracts.disputes.interface.encodeFunctionData("seal", [commitment]);
  return { to: chain.network.addresses.disputes, data, label: "seal" };
}

/** The descriptor that goes with a demand whose path to its anchor crosses the root of a node. */
function entryFor(
  of: Case,
  shape: ClaimShape,
  place: Place,
  levels: number,
): { descriptor: Uint8Array | string; path: Uint8Array[] } {
  const top = tensorTop(shape);
  const anchor = ancestor(place, levels);
  if (depthOf(place) < top || depthOf(anchor) >= top) return EMPTY_ENTRY;
  const { descriptor, descriptorPath } = nodeFacts(of.program, { shard: 0, node: nodeOf(shape, place) }, of.sha256);
  return { descriptor, path: [...descriptorPath] };
}
