import { chainNow, reading, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { RevertError, toHex } from "@orion/protocol/common";
import {
  claimIdOf,
  demandCall,
  demandPrice,
  findAnswer,
  learnAnswer,
  makeProof,
  nextMove,
  partialProofSource,
  positionOf,
  proveCall,
  readDisputes,
  sealCall,
  sealCommitment,
  sealSalt,
  spanOf,
  timeoutCall,
  type Case,
  type ClaimDispute,
  type KnownClaim,
  type Move,
  type Place,
  type ReadyProof,
} from "@orion/protocol/disputes";
import type { ServiceContext, UnitTrace } from "@orion/protocol/jobs";
import type { Program } from "@orion/protocol/tensor";

export interface ChallengeContext extends ServiceContext {
  /** 0x-hex of 32 bytes that only this account knows; makes its seals unguessable. */
  readonly sealSecret: string;
}

/** What one look at a wrong claim came to; "over" means that it has fallen, "late" that nothing can be done any more. */
export type Progress = "moved" | "waiting" | "over" | "late";

/** One wrong claim, and what is at hand against it. */
export interface Pursuit {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  readonly program: Program;
  /** The own computation. */
  readonly own: UnitTrace;
  /** What is known of the claim; grows with every look. */
  readonly known: KnownClaim;
  /** Set once somebody else was faster: from then on that one is given the time to make its moves. */
  outrun?: boolean;
}

/** Time that a faster validator is given for a move. */
const YIELD_MS = 1_500;

/** Refusals that mean that somebody else has moved: another look shows where the claim stands now. */
const OUTRUN = new Set(["AlreadyDemanded", "AlreadyAnswered", "ClaimOver", "NoOpenDemand", "UnknownClaim", "NotYet"]);

/**
 * Takes the next step against a wrong claim. Reads everything from the chain anew, so it may be called at any time, by any number of
 * validators, after any restart; it goes on with the descents of others.
 */
export async function challengeStep(context: ChallengeContext, pursuit: Pursuit): Promise<Progress> {
  try {
    return await step(context, pursuit);
  } catch (error) {
    if (!(error instanceof RevertError) || !OUTRUN.has(error.revert)) throw error;
    pursuit.outrun = true;
    context.log.debug({ key: pursuit.unit.key, revert: error.revert }, "somebody else has moved first");
    return "waiting";
  }
}

async function step(context: ChallengeContext, pursuit: Pursuit): Promise<Progress> {
  const { chain, sender, log, sha256 } = context;
  const { job, unit, program, known } = pursuit;
  const of: Case = { chain, terms: job.terms, unit, program, sha256 };
  const move = await chooseMove(context, pursuit);
  if (await isTaken(context, pursuit, move)) return "waiting";
  switch (move.type) {
    case "none":
      return "over";
    case "late":
      return (await learnFromOthers(context, pursuit, move)) ? "moved" : "late";
    case "wait":
      return "waiting";
    case "timeout":
      await endByTimeout(context, of, move.subject);
      return "over";
    case "demand": {
      if (await learnFromOthers(context, pursuit, move)) return "moved";
      context.step?.("validator:demanding");
      const receipt = await sender.send(demandCall(of, known.shape, move, await demandPrice(of)));
      context.step?.("validator:demanded");
      log.info(
        { key: unit.key, place: move.place, gas: Number(receipt.gasUsed) },
        "demanded what lies under a hash of a wrong claim",
      );
      return "moved";
    }
    case "prove":
      await prove(context, of, await proofOf(of, pursuit, move));
      return "over";
  }
}

/** Whether another validator, who was faster before, makes this move: two who race waste one transaction on a claim, not one on each move. */
async function isTaken(context: ChallengeContext, pursuit: Pursuit, move: Move): Promise<boolean> {
  if (pursuit.outrun !== true || !["demand", "timeout", "prove"].includes(move.type)) return false;
  await context.clock.sleep(YIELD_MS);
  const now = await chooseMove(context, pursuit);
  return now.type !== move.type || placeOf(now) !== placeOf(move);
}

function placeOf(move: Move): Place | undefined {
  if (move.type === "prove") return move.difference.place;
  return move.type === "demand" ? move.place : undefined;
}

/** Whether what lies under a hash was published in answer to a demand on some other claim; such a hash cannot be demanded again. */
async function learnFromOthers(
  { chain }: ChallengeContext,
  { known }: Pursuit,
  { place, hash }: Pick<Extract<Move, { type: "demand" }>, "place" | "hash">,
): Promise<boolean> {
  const published = await findAnswer(chain, toHex(hash), spanOf(known.shape, place));
  return published !== undefined && learnAnswer(known, place, published);
}

async function chooseMove(context: ChallengeContext, { job, unit, program, own, known }: Pursuit): Promise<Move> {
  const { chain } = context;
  const disputes = await readDisputes(chain, [unit.key], job.postedAtBlock);
  const dispute = disputes.of(chain.network.addresses.market, unit.key);
  const times = await answerTimes(context, dispute);
  const profile = await reading(chain, () => chain.contracts.disputes.profile(job.terms.profile));
  const now = await chainNow(chain);
  return own.holding(() =>
    nextMove({
      known,
      own: (place) => own.tree.hash(positionOf(known.shape, place)),
      program,
      dispute,
      now,
      windowEnd: unit.windowEnd,
      descendPeriod: Number(profile.descendPeriod),
      timeOfBlock: (block) => times.get(block) ?? 0,
    }),
  );
}

/** Ends a claim of which a demand was not answered in time. */
export async function endByTimeout(
  context: ServiceContext,
  of: Pick<Case, "chain" | "unit">,
  subject: string,
): Promise<void> {
  context.step?.("validator:timing-out");
  await context.sender.send(timeoutCall(of, subject));
  context.step?.("validator:timed-out");
  context.log.info({ key: of.unit.key }, "the worker did not answer: the claim has fallen");
}

async function proofOf(of: Case, { known, own }: Pursuit, move: Extract<Move, { type: "prove" }>): Promise<ReadyProof> {
  const mine = { tree: own.tree, tensors: own.bytes };
  const base = { program: of.program, from: of.unit.from, given: own.bytes, inputs: own.inputs };
  return own.holding(() => makeProof(move.difference, known, mine, partialProofSource(base, known, mine), of.sha256));
}

/** Seals the proof, then shows it at least one block later, so that whoever copies it from the mempool earns nothing. */
async function prove(context: ChallengeContext, of: Case, proof: ReadyProof): Promise<void> {
  const { chain, sender, log, sealSecret } = context;
  const claimId = claimIdOf(chain.network.addresses.market, of.unit.key);
  const salt = sealSalt(sealSecret, claimId);
  const commitment = sealCommitment(claimId, sender.address, proof.proof, salt);
  context.step?.("validator:sealing");
  const sealedAt = await reading(chain, () => chain.contracts.disputes.sealedAt(commitment));
  if (sealedAt === 0n && (await hasTimeToSeal(context, of))) await sender.send(sealCall(of, commitment));
  context.step?.("validator:sealed");
  const receipt = await sender.send(proveCall(of, proof, salt));
  context.step?.("validator:proved");
  log.info(
    { key: of.unit.key, where: proof.where, gas: Number(receipt.gasUsed) },
    `proved a claim wrong at ${proof.where}`,
  );
}

/** Blocks that a seal and the proof behind it may take, with one to spare. */
const SEAL_BLOCKS = 3;
const SAMPLE_BLOCKS = 16;

/**
 * Whether the claim cannot be settled before a sealed proof is in. Without that time the proof goes out unsealed: the claim falls all the same, and only
 * the reward burns.
 */
async function hasTimeToSeal(context: ServiceContext, of: Case): Promise<boolean> {
  const { chain } = context;
  return reading(chain, async () => {
    const { holdUntil } = await chain.contracts.disputes.outcome(chain.network.addresses.market, of.unit.key);
    const last = await chain.provider.getBlock("latest");
    const first = last === null ? null : await chain.provider.getBlock(Math.max(0, last.number - SAMPLE_BLOCKS));
    const span = last === null || first === null ? 0 : last.timestamp - first.timestamp;
    const end = Math.max(of.unit.windowEnd, Number(holdUntil));
    return end - (await chainNow(chain)) > (SEAL_BLOCKS * span) / SAMPLE_BLOCKS;
  });
}

/** Chain times of the blocks in which demands were answered. */
async function answerTimes(context: ServiceContext, dispute: ClaimDispute | undefined): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  for (const { answeredInBlock: block } of dispute?.demands.values() ?? []) {
    if (block === undefined || times.has(block)) continue;
    times.set(block, (await reading(context.chain, () => context.chain.provider.getBlock(block)))?.timestamp ?? 0);
  }
  return times;
}
