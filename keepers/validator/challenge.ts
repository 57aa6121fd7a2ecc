import { chainError, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { fromHex } from "@orion/protocol/common";
import {
  claimIdOf,
  claimShape,
  demandCall,
  demandPrice,
  KnownClaim,
  makeProof,
  nextMove,
  partialProofSource,
  positionOf,
  proveCall,
  readDisputes,
  sealCall,
  sealCommitment,
  sealSalt,
  timeoutCall,
  type Case,
  type ClaimDispute,
  type Move,
  type ReadyProof,
} from "@orion/protocol/disputes";
import type { ServiceContext, UnitTrace } from "@orion/protocol/jobs";
import type { Program } from "@orion/protocol/tensor";

import { learnPublished } from "./published.ts";

export interface ChallengeContext extends ServiceContext {
  /** 0x-hex of 32 bytes that only this account knows; makes its seals unguessable. */
  readonly sealSecret: string;
}

/** What one look at a wrong claim came to; "over" means that it has fallen. */
export type Progress = "moved" | "waiting" | "over" | "late";

/**
 * Takes the next step against a wrong claim. Reads everything from the chain anew, so it may be called at any time, by any number of
 * validators, after any restart; it goes on with the descents of others.
 */
export async function challengeStep(
  context: ChallengeContext,
  job: JobRecord,
  unit: UnitRecord,
  program: Program,
  own: UnitTrace,
  signal: AbortSignal,
): Promise<Progress> {
  const { chain, sha256, follower, sender, log, step } = context;
  const of: Case = { chain, terms: job.terms, unit, program, sha256 };
  const known = new KnownClaim(claimShape(program, unit.to - unit.from), fromHex(unit.claimRoot, 32), sha256);
  await learnPublished(context, known, unit, program, own, signal);
  const dispute = (await readDisputes(chain, [unit.key], job.postedAtBlock)).of(
    chain.network.addresses.market,
    unit.key,
  );
  if (dispute?.fallen === true) return "over";
  const times = await answerTimes(context, dispute);
  const profile = await reading(context, () => chain.contracts.disputes.profile(job.terms.profile));
  const move = await own.holding(() =>
    nextMove({
      known,
      own: (place) => own.tree.hash(positionOf(known.shape, place)),
      program,
      dispute,
      now: follower.time,
      windowEnd: unit.windowEnd,
      descendPeriod: Number(profile.descendPeriod),
      timeOfBlock: (block) => times.get(block) ?? 0,
    }),
  );
  switch (move.type) {
    case "none":
      return "over";
    case "late":
      return "late";
    case "wait":
      return "waiting";
    case "timeout": {
      step?.("validator:timing-out");
      await sender.send(timeoutCall(of, move.subject));
      step?.("validator:timed-out");
      log.info({ key: unit.key, jobId: job.jobId }, "the worker did not answer: the claim has fallen");
      return "over";
    }
    case "demand": {
      step?.("validator:demanding");
      const receipt = await sender.send(demandCall(of, known.shape, move, await demandPrice(of)));
      step?.("validator:demanded");
      log.info(
        { key: unit.key, place: move.place, gas: Number(receipt.gasUsed) },
        "demanded what lies under a hash of a wrong claim",
      );
      return "moved";
    }
    case "prove":
      await prove(context, of, job, await proofOf(of, known, own, move));
      return "over";
  }
}

async function proofOf(
  of: Case,
  known: KnownClaim,
  own: UnitTrace,
  move: Extract<Move, { type: "prove" }>,
): Promise<ReadyProof> {
  const mine = { tree: own.tree, tensors: own.bytes };
  const base = { program: of.program, from: of.unit.from, given: own.bytes, inputs: own.inputs };
  return own.holding(() => makeProof(move.difference, known, mine, partialProofSource(base, known, mine), of.sha256));
}

/** Seals the proof, then shows it at least one block later, so that whoever copies it from the mempool earns nothing. */
async function prove(context: ChallengeContext, of: Case, job: JobRecord, proof: ReadyProof): Promise<void> {
  const { chain, sender, log, step, sealSecret } = context;
  const claimId = claimIdOf(chain.network.addresses.market, of.unit.key);
  const salt = sealSalt(sealSecret, claimId);
  const commitment = sealCommitment(claimId, sender.address, proof.proof, salt);
  step?.("validator:sealing");
  if ((await reading(context, () => chain.contracts.disputes.sealedAt(commitment))) === 0n)
    {await sender.send(sealCall(of, commitment));}
  step?.("validator:sealed");
  const receipt = await sender.send(proveCall(of, proof, salt));
  step?.("validator:proved");
  log.info(
    { key: of.unit.key, jobId: job.jobId, where: proof.where, gas: Number(receipt.gasUsed) },
    `proved a claim wrong at ${proof.where}`,
  );
}

/** Chain times of the blocks in which demands were answered. */
async function answerTimes(context: ServiceContext, dispute: ClaimDispute | undefined): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  for (const { answeredInBlock: block } of dispute?.demands.values() ?? []) {
    if (block === undefined || times.has(block)) continue;
    times.set(block, (await reading(context, () => context.chain.provider.getBlock(block)))?.timestamp ?? 0);
  }
  return times;
}

async function reading<T>(context: ServiceContext, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw chainError(error, context.chain.network.rpcUrl);
  }
}
