import type { JobRecord, UnitRecord } from "../chain/index.ts";
import type { Admission, DisputeReader, KnownClaim, ReadyProof } from "../disputes/index.ts";
import type { OpenedOutputs, ServiceContext } from "../jobs/index.ts";
import type { Program } from "../tensor/index.ts";

import type { OwnClaim } from "./own-claim.ts";

/** A proof that is ready, and the place that it is about. */
export interface Sealing {
  readonly place: number;
  readonly proof: ReadyProof;
}

export interface ChallengeContext extends ServiceContext {
  /** 0x-hex of 32 bytes that only this account knows; makes its seals unguessable. */
  readonly sealSecret: string;
}

/** What one look at a wrong claim came to; "over" means that it has fallen, "late" that nothing can be done any more, "nothing" that nothing is known against it. */
export type Progress = "moved" | "waiting" | "over" | "late" | "nothing";

/** One claim, and what is at hand against it. */
export interface Pursuit {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  readonly program: Program;
  /** The own computation, as far as it has come. */
  readonly own: OwnClaim;
  /** What is known of the claim; grows with every look. */
  readonly known: KnownClaim;
  readonly reader: DisputeReader;
  readonly signal: AbortSignal;
  /** What shows that this account may demand of the claim. */
  readonly admission: Admission;
  /** What the worker published, where that hashes to the claim. */
  published?: OpenedOutputs | undefined;
  /** Outputs that were looked for in it already. */
  readonly looked: Set<number>;
  /** Chain times of blocks in which demands were answered. */
  readonly answerTimes: Map<number, number>;
  /** Set once somebody else was faster: from then on that one is given the time to make its moves. */
  outrun?: boolean;
  /** The proof that was sealed, or is to be. */
  sealing?: Sealing;
}
