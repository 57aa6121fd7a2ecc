import { hexlify, ZeroHash } from "ethers";

import type { Terms } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";
import { profileOf, shardPlace, type Place, type Tree } from "@orion/protocol/disputes";

import { claimView, type Block, type ClaimView } from "../claim-view.ts";
import { SHARDS, UNIT, type Truth } from "./known-truth.ts";
import { collateralFor, digest, randomTerms, type Jobs } from "./market-moves.ts";
import type { Stage } from "./move.ts";

/** More than any demand prepays here; the rest becomes a balance. */
export const PREPAID = 10n ** 18n;
/** The admission of a claim that is open to all challengers. */
export const ANYONE = { path: [], reserve: ZeroHash, attempt: 0 };

/** A place that was demanded. */
interface Demanded {
  readonly tree: Tree;
  readonly place: Place;
}

/** A committed claim with everything that its parties know. */
export interface Committed {
  readonly key: string;
  readonly terms: Terms;
  readonly worker: string;
  readonly view: ClaimView;
  readonly lying: boolean;
  readonly subjects: Set<string>;
  readonly demanded: Demanded[];
  readonly blocks: Block[];
}

/** Claims of a random life that can be disputed. */
export interface Disputes {
  readonly claims: Committed[];
}

/** Posts a job whose program and inputs are real; undefined if the market refused it. */
export async function postDisputable(
  stage: Stage,
  jobs: Jobs,
  known: Truth,
  profile: number,
): Promise<Terms | undefined> {
  const { world, random } = stage;
  const { programRoot, inputsRoot } = known.honest.facts;
  const work = (CREDIT / 10n) * BigInt(random.between(1, 9));
  const terms = randomTerms(stage, {
    ...{ programRoot: hexlify(programRoot), inputsRoot: hexlify(inputsRoot), shards: SHARDS, rows: 4n },
    ...{ shardsPerClaim: 2, options: profile, workPerShard: work, pricePerShard: 2n * work },
    collateralPerClaim: collateralFor(2n * work),
  });
  const post = world.contracts.market.interface.encodeFunctionData("postJob", [terms]);
  if (!(await world.act(terms.poster, world.network.addresses.market, post))) return undefined;
  jobs.terms.push(terms);
  return terms;
}

/** Claims the disputed unit of a job and commits to it, rightly or not; undefined if the market refused that. */
export async function workOn(
  { world, cast, random }: Stage,
  terms: Terms,
  known: Truth,
  disputes: Disputes,
): Promise<Committed | undefined> {
  const { market, disputes: judge } = world.contracts;
  const to = world.network.addresses.market;
  const worker = random.pick([...cast.workers, ...cast.keys]);
  const claiming = market.interface.encodeFunctionData("claim", [terms, [UNIT]]);
  if (!(await world.act(worker, to, claiming))) return undefined;
  const lying = random.chance(0.6);
  const fixture = lying ? known.lying : known.honest;
  const jobId = await market.jobIdOf(terms);
  const { slot } = await market.unit(jobId, UNIT);
  const key = await market.keyOf(jobId, UNIT, slot.attempt, worker);
  const args = [terms, UNIT, key, fixture.facts.outputsRoot, digest(random)] as const;
  const committing = market.interface.encodeFunctionData("commit", [...args]);
  if (!(await world.act(worker, to, committing))) return undefined;
  const block = await world.provider.getBlock("latest");
  const profile = profileOf(terms);
  const { challengeWindow } = await judge.profile(profile);
  const windowEnd = (block?.timestamp ?? 0) + Number(challengeWindow);
  const view = claimView(fixture, { worker, windowEnd, profile });
  const claim = { key, terms, worker, view, lying, subjects: new Set<string>(), demanded: [], blocks: [] };
  disputes.claims.push(claim);
  return claim;
}

/** Asks for the trace of a shard (relative to the claim). */
export async function demandTrace({ world, cast, random }: Stage, claim: Committed, shard: number): Promise<boolean> {
  const { view, key } = claim;
  const at = world.network.addresses;
  const place = shardPlace(view.shape, shard);
  const target = view.placed("outputs", place, view.levelsToRoot("outputs", place));
  const data = world.contracts.disputes.interface.encodeFunctionData("demandTrace", [
    ...([at.market, key, view.facts, target, ANYONE] as const),
  ]);
  if (!(await world.act(random.pick(cast.challengers), at.disputes, data, PREPAID))) return false;
  claim.subjects.add(view.traceSubject(shard));
  return true;
}

/** Commits, as the worker, to the trace of a shard (relative to the claim). */
export function answerTrace({ world }: Stage, { view, key, worker }: Committed, shard: number): Promise<boolean> {
  const at = world.network.addresses;
  const args = [at.market, key, view.facts, headerOf(view), view.traceReply(shard), "0x"] as const;
  return world.act(
    worker,
    at.disputes,
    world.contracts.disputes.interface.encodeFunctionData("respondTrace", [...args]),
  );
}

/** A claim of a new job whose worker leaves a demand without an answer, up to its forfeit; undefined where something of that was refused. */
export async function fallSilent(
  stage: Stage,
  jobs: Jobs,
  known: Truth,
  disputes: Disputes,
): Promise<Committed | undefined> {
  const { world, cast, random } = stage;
  const { disputes: judge } = world.contracts;
  const at = world.network.addresses;
  const terms = await postDisputable(stage, jobs, known, 0);
  const claim = terms === undefined ? undefined : await workOn(stage, terms, known, disputes);
  if (claim === undefined || !(await demandTrace(stage, claim, 0))) return undefined;
  const subject = claim.view.traceSubject(0);
  await passUntil(stage, Number((await judge.demandOf(at.market, claim.key, subject)).time));
  const end = judge.interface.encodeFunctionData("timeout", [at.market, claim.key, subject]);
  if (!(await world.act(random.pick(cast.everybody), at.disputes, end))) return undefined;
  return (await settle(stage, claim)) ? claim : undefined;
}

/** Has the market settle, or forfeit, the disputed unit of a claim. */
export function settle({ world, cast, random }: Stage, { terms }: Committed): Promise<boolean> {
  const data = world.contracts.market.interface.encodeFunctionData("settle", [terms, [UNIT]]);
  return world.act(random.pick(cast.everybody), world.network.addresses.market, data);
}

/** Lets time pass until the chain's clock is beyond a moment. */
export async function passUntil({ world }: Stage, time: number): Promise<void> {
  const block = await world.provider.getBlock("latest");
  await world.pass(Math.max(1, time - (block?.timestamp ?? 0) + 1));
}

/** The program's header as the judge takes it. */
export function headerOf({ header }: ClaimView): Omit<ClaimView["header"], "outputs"> & { outputs: [bigint, bigint] } {
  const [first, second] = header.outputs;
  return { ...header, outputs: [first, second] };
}
