import { openDemands, type ClaimDispute } from "@orion/protocol/disputes";

import type { Claim } from "./claim.ts";

const PROOF_KINDS = ["step", "padding", "missing leaf", "fixed root"] as const;

/** Where a dispute stands, in numbers. */
export interface DisputeSummary {
  readonly key: string;
  readonly jobId: string;
  readonly unit: number;
  readonly worker: string;
  readonly claim: Claim["state"];
  /** How the claim stands before the judge. */
  readonly verdict: "not challenged" | "challenged" | "proved wrong" | "timed out";
  readonly demands: number;
  readonly answered: number;
  /** Deadline of the first demand that waits for its answer; chain time in seconds. */
  readonly due: number | null;
}

export function summariseDispute({ job, unit, state }: Claim, dispute: ClaimDispute | undefined): DisputeSummary {
  const demands = [...(dispute?.demands.values() ?? [])];
  const open = openDemands(dispute);
  return {
    key: unit.key,
    jobId: job.jobId,
    unit: unit.index,
    worker: unit.worker,
    claim: dispute?.fallen === true ? "fallen" : state,
    verdict: verdictOf(dispute),
    demands: demands.length,
    answered: demands.filter(({ answer }) => answer !== undefined).length,
    due: open.length === 0 ? null : Math.min(...open.map(({ deadline }) => deadline)),
  };
}

function verdictOf(dispute: ClaimDispute | undefined): DisputeSummary["verdict"] {
  if (dispute?.proof !== undefined) return "proved wrong";
  if (dispute?.fallen === true) return "timed out";
  return (dispute?.demands.size ?? 0) > 0 ? "challenged" : "not challenged";
}

export interface ProofFacts {
  readonly shard: number;
  readonly kind: string;
  readonly node: number;
  readonly position: bigint;
  /** An element or a byte; a hash as 0x-hex where roots or hashes were compared. */
  readonly claimed: string;
  readonly actual: string;
  readonly prover: string;
  /** Who gets the reward; undefined where the proof was not sealed before. */
  readonly finder: string | undefined;
  readonly transaction: string;
}

const NOBODY = /^0x0{40}$/;

/** What a proof has shown, or undefined. */
export function proofFacts(dispute: ClaimDispute | undefined): ProofFacts | undefined {
  if (dispute?.proof === undefined) return undefined;
  const { kind, shard, node, position, claimed, actual, prover, finder, transaction } = dispute.proof;
  const isNumber = kind <= 1;
  const shown = (value: bigint): string =>
    isNumber ? String(value) : `0x${BigInt.asUintN(256, value).toString(16).padStart(64, "0")}`;
  return {
    kind: PROOF_KINDS[kind] ?? `kind ${kind}`,
    shard,
    node,
    position,
    claimed: shown(claimed),
    actual: shown(actual),
    prover,
    finder: NOBODY.test(finder) ? undefined : finder,
    transaction,
  };
}

/** Node, place and both values on one line. */
export function proofLine({ kind, node, position, claimed, actual }: ProofFacts): string {
  const where = {
    step: `node ${node}, element ${position}`,
    padding: `node ${node}, padding byte ${position}`,
    "fixed root": `root of node ${node}, which job or program fix`,
  }[kind];
  return `${where ?? `${kind} at ${position}`}: claimed ${claimed}, true ${actual}`;
}
