import { chainNow, reading } from "../chain/index.ts";
import { RevertError, toHex } from "../common/index.ts";
import {
  demandCall,
  demandPrice,
  demandTop,
  demandTraceCall,
  depthOf,
  findAnswer,
  isChunk,
  learnAnswer,
  nextMove,
  nodeOf,
  profileOf,
  shardOf,
  spanOf,
  tensorTop,
  timeoutCall,
  type Case,
  type ClaimDispute,
  type Move,
  type Situation,
} from "../disputes/index.ts";
import type { ServiceContext } from "../jobs/index.ts";

import { prove } from "./prove.ts";
import type { ChallengeContext, Progress, Pursuit } from "./pursuit.ts";
import { learnOutput } from "./published.ts";

/** Time that a faster validator is given for a move. */
const YIELD_MS = 1_500;

/** Refusals that mean that somebody else has moved, or holds all places of the claim: another look shows where it stands now. */
const OUTRUN = new Set([
  "AlreadyDemanded",
  "AlreadyAnswered",
  "ClaimOver",
  "NoOpenDemand",
  "UnknownClaim",
  "NotYet",
  "NotJoinable",
  "TooManyDemands",
]);

/**
 * Takes the next step against a wrong claim. Reads everything from the chain anew, so it may be called at any time, by any number of
 * validators, after any restart; it goes on with the descents of others.
 */
function challengeStep(context: ChallengeContext, pursuit: Pursuit): Promise<Progress> {
  return step(context, pursuit, nextMove);
}

/**
 * Takes steps against a wrong claim until somebody else has to move.
 * @param onMoved called after each transaction that prepaid or proved something
 * @returns the last step's progress; undefined when the signal aborted before it
 */
export async function pursue(
  context: ChallengeContext,
  pursuit: Pursuit,
  signal: AbortSignal,
  onMoved?: () => void,
): Promise<Exclude<Progress, "moved"> | undefined> {
  while (!signal.aborted) {
    const progress = await challengeStep(context, pursuit);
    if (progress !== "moved") return progress;
    onMoved?.();
  }
  return undefined;
}

/** Where nothing was published: has the worker show the top of its outputs tree, so that shards can be compared one by one. */
export function demandOutputsTop(context: ChallengeContext, pursuit: Pursuit): Promise<Progress> {
  return step(context, pursuit, demandTop);
}

type Choose = (situation: Situation) => Move;

async function step(context: ChallengeContext, pursuit: Pursuit, choose: Choose): Promise<Progress> {
  try {
    return await take(context, pursuit, await chooseMove(context, pursuit, choose), choose);
  } catch (error) {
    if (!(error instanceof RevertError) || !OUTRUN.has(error.revert)) throw error;
    pursuit.outrun = true;
    context.log.debug({ key: pursuit.unit.key, revert: error.revert }, "somebody else has moved first");
    return "waiting";
  }
}

async function take(context: ChallengeContext, pursuit: Pursuit, move: Move, choose: Choose): Promise<Progress> {
  const { chain, sender, sha256 } = context;
  const { job, unit, program, known } = pursuit;
  const of: Case = { chain, terms: job.terms, unit, program, sha256 };
  if (await isTaken(context, pursuit, move, choose)) return "waiting";
  switch (move.type) {
    case "none":
      return (await hasFallen(context, pursuit)) ? "over" : "nothing";
    case "trace":
      await pursuit.own.trace(move.shard, pursuit.signal);
      return "moved";
    case "late":
      return (await learnFromOthers(context, pursuit, move)) ? "moved" : "late";
    case "wait":
      return "waiting";
    case "timeout":
      await endByTimeout(context, of, move.subject);
      return "over";
    case "demand": {
      if (await learnFromWorker(context, pursuit, move)) return "moved";
      if (await learnFromOthers(context, pursuit, move)) return "moved";
      const priced = isChunk(known.shape, move.tree, move.place) ? "compute" : "hashes";
      const price = await demandPrice(of, priced, await chainNow(chain));
      return demand(context, pursuit, () => sender.send(demandCall(of, known.shape, move, price, pursuit.admission)));
    }
    case "demandTrace": {
      const price = await demandPrice(of, "compute", await chainNow(chain));
      return demand(context, pursuit, () =>
        sender.send(demandTraceCall(of, known.shape, move, price, pursuit.admission)),
      );
    }
    case "prove":
      return prove(context, of, pursuit, move.difference);
  }
}

async function demand(
  context: ChallengeContext,
  { unit }: Pursuit,
  send: () => Promise<{ readonly gasUsed: bigint }>,
): Promise<Progress> {
  context.step?.("validator:demanding");
  const receipt = await send();
  context.step?.("validator:demanded");
  context.log.info({ key: unit.key, gas: Number(receipt.gasUsed) }, "demanded an answer about a claim");
  return "moved";
}

/** Whether another validator, who was faster before, makes this move: two who race waste one transaction on a claim, not one on each move. */
async function isTaken(context: ChallengeContext, pursuit: Pursuit, move: Move, choose: Choose): Promise<boolean> {
  const isSent = ["demand", "demandTrace", "timeout", "prove"].includes(move.type);
  if (pursuit.outrun !== true || !isSent || pursuit.sealing !== undefined) return false;
  await context.clock.sleep(YIELD_MS, pursuit.signal);
  const now = await chooseMove(context, pursuit, choose);
  return nameOfMove(now) !== nameOfMove(move);
}

function nameOfMove(move: Move): string {
  if (move.type === "prove") return `prove ${String(move.difference.place)}`;
  if (move.type === "demand") return `demand ${move.tree} ${String(move.place)}`;
  return move.type === "demandTrace" ? `trace ${String(move.shard)}` : move.type;
}

async function hasFallen({ chain }: ChallengeContext, { unit }: Pursuit): Promise<boolean> {
  const { market } = chain.network.addresses;
  const outcome = await reading(chain, () => chain.contracts.disputes.outcome(market, unit.key));
  return outcome.fallen !== 0n;
}

/** Whether the output that a demand leads into stands in what the worker published. */
async function learnFromWorker(
  context: ChallengeContext,
  { known, program, published, looked }: Pursuit,
  { tree, place }: Extract<Move, { type: "demand" }>,
): Promise<boolean> {
  if (published === undefined || tree === "outputs" || depthOf(place) < tensorTop(known.shape)) return false;
  const node = nodeOf(known.shape, place);
  const index = program.outputNodes.indexOf(node);
  const shard = shardOf(known.shape, place);
  const name = shard * program.outputNodes.length + index;
  if (index < 0 || looked.has(name)) return false;
  looked.add(name);
  return learnOutput(context, known, published, shard, { index, node });
}

/** Whether what lies under a hash was published in answer to a demand on some other claim; such a hash cannot be demanded again soon. */
async function learnFromOthers(
  { chain }: ChallengeContext,
  { known }: Pursuit,
  { tree, place, hash }: Pick<Extract<Move, { type: "demand" }>, "tree" | "place" | "hash">,
): Promise<boolean> {
  const span = spanOf(known.shape, tree, place);
  if (tree === "outputs" && span === 0) return false;
  const published = await findAnswer(chain, toHex(hash), span);
  return published !== undefined && learnAnswer(known, tree, place, published);
}

async function chooseMove(
  context: ChallengeContext,
  { job, unit, program, own, known, reader, answerTimes }: Pursuit,
  choose: Choose,
): Promise<Move> {
  const { chain } = context;
  const disputes = await reader.read([{ key: unit.key, sinceBlock: job.postedAtBlock }], context.sender.lastBlock);
  const dispute = disputes.of(chain.network.addresses.market, unit.key);
  const shards = unit.to - unit.from;
  const index = profileOf(job.terms);
  const [profile, traceTime] = await reading(chain, () =>
    Promise.all([chain.contracts.disputes.profile(index), chain.contracts.disputes.traceTime(index, shards)]),
  );
  const now = await chainNow(chain);
  const descendPeriod = Number(profile.descendPeriod);
  await learnAnswerTimes(context, dispute, now - descendPeriod, answerTimes);
  return choose({
    known,
    own: own.hash,
    program,
    dispute,
    from: unit.from,
    now,
    windowEnd: unit.windowEnd,
    descendPeriod,
    answerPeriod: Number(profile.answerPeriod),
    traceTime: Number(traceTime),
    timeOfBlock: (block) => answerTimes.get(block) ?? 0,
  });
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

/**
 * Learns the chain times of the blocks in which demands were answered, the newest first, down to one before `since`: under older answers nothing more may be demanded, whatever their times. So a
 * block is read once, and however many answers are old, none of theirs.
 */
async function learnAnswerTimes(
  { chain }: ServiceContext,
  dispute: ClaimDispute | undefined,
  since: number,
  times: Map<number, number>,
): Promise<void> {
  const answered = [...(dispute?.demands.values() ?? [])].flatMap(({ answeredInBlock }) => answeredInBlock ?? []);
  for (const block of [...new Set(answered)].sort((a, b) => b - a)) {
    const time = times.get(block) ?? (await reading(chain, () => chain.provider.getBlock(block)))?.timestamp;
    if (time === undefined) continue;
    times.set(block, time);
    if (time < since) return;
  }
}
