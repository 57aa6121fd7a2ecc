import { hexlify, id, ZeroHash } from "ethers";

import { unitCount, type Terms } from "@orion/protocol/chain";
import {
  chunkPlace,
  claimIdOf,
  nodePlace,
  profileOf,
  ROOT,
  sealCommitment,
  type Place,
  type Tree,
} from "@orion/protocol/disputes";

import {
  answerTrace,
  ANYONE,
  demandTrace,
  fallSilent,
  headerOf,
  postDisputable,
  PREPAID,
  workOn,
  type Committed,
  type Disputes,
} from "./disputable.ts";
import { CHUNKS, COMPUTED, FROM, LIE, truth, UNIT } from "./known-truth.ts";
import { digest, type Jobs } from "./market-moves.ts";
import type { Move, Stage } from "./move.ts";

/** Chunks that are asked for until one is not known from an earlier answer. */
const CHUNK_TRIES = 8;
const SALT = id("salt of a seal");
const ALONE = { place: 0n, hash: ZeroHash };

/** Everything that anybody does to a claim that can be disputed, on jobs whose program and inputs are real. */
export function disputeMoves(stage: Stage, jobs: Jobs, disputes: Disputes): Move[] {
  const { world, cast, random } = stage;
  const { disputes: judge, market } = world.contracts;
  const at = world.network.addresses;
  const known = truth();
  const posted: Terms[] = [];
  const challenger = (): string => random.pick(cast.challengers);
  const anyone = (): string => random.pick(cast.everybody);
  const call = (from: string, data: string, value = 0n): Promise<boolean> => world.act(from, at.disputes, data, value);
  /** Mostly the latest, as what can be asked of a claim ends with its window. */
  const withSome = (play: (claim: Committed) => Promise<boolean>): Promise<boolean> => {
    const latest = disputes.claims.slice(random.chance(0.7) ? -1 : -3);
    return latest.length === 0 ? Promise.resolve(false) : play(random.pick(latest));
  };
  const move = (name: string, play: (claim: Committed) => Promise<boolean>): Move => ({
    name,
    play: () => withSome(play),
  });
  const shard = (): number => random.between(0, 1);
  const node = (): number => random.pick([COMPUTED.roots, COMPUTED.output]);
  const chunkOf = (claim: Committed, of: number): Place =>
    chunkPlace(claim.view.shape, of, node(), random.between(0, CHUNKS - 1));

  /** Demands hashes or a chunk, by a path up to the outputs root or to the root of the shard's trace. */
  const demand = async (claim: Committed, tree: Tree, place: Place, leader = ALONE): Promise<boolean> => {
    const { view } = claim;
    const levels = view.levelsToRoot(tree, place);
    const head = [at.market, claim.key, view.facts, headerOf(view), view.entryFor(tree, place, levels)] as const;
    const args = [...head, view.placed(tree, place, levels), leader, ANYONE] as const;
    if (!(await call(challenger(), judge.interface.encodeFunctionData("demand", [...args]), PREPAID))) return false;
    claim.demanded.push({ tree, place });
    claim.subjects.add(view.subject(tree, place));
    return true;
  };
  /** A new job with a claim that can be disputed. */
  const begin = async (profile: number): Promise<Committed | undefined> => {
    const terms = await postDisputable(stage, jobs, known, profile);
    if (terms === undefined) return undefined;
    posted.push(terms);
    return workOn(stage, terms, known, disputes);
  };
  /** A new claim whose worker has committed to the trace of a shard. */
  const traced = async (of: number): Promise<Committed | undefined> => {
    const claim = await begin(1);
    if (claim === undefined || !(await demandTrace(stage, claim, of))) return undefined;
    return (await answerTrace(stage, claim, of)) ? claim : undefined;
  };
  return [
    {
      name: "work on a disputable unit",
      play: async () => (await begin(random.between(0, 1))) !== undefined,
    },
    {
      name: "work on a disputable unit again",
      play: async () => {
        for (const terms of new Set(disputes.claims.slice(-6).map((claim) => claim.terms))) {
          const { slot, state } = await market.unit(await market.jobIdOf(terms), UNIT);
          if (state !== 0n || slot.attempt === 0n) continue;
          return (await workOn(stage, terms, known, disputes)) !== undefined;
        }
        const claim = await fallSilent(stage, jobs, known, disputes);
        return claim !== undefined && (await workOn(stage, claim.terms, known, disputes)) !== undefined;
      },
    },
    move("demand hashes of outputs", (claim) => demand(claim, "outputs", ROOT)),
    move("demand a trace", (claim) => demandTrace(stage, claim, shard())),
    move("answer a trace", (claim) => answerTrace(stage, claim, shard())),
    move("demand hashes of a trace", (claim) => demand(claim, "trace", nodePlace(claim.view.shape, shard(), node()))),
    {
      name: "demand a chunk of a trace",
      // What was shown in answer to one claim is not asked for again soon, so more than one is tried.
      play: async () => {
        const of = shard();
        const claim = random.chance(0.3) ? disputes.claims.at(-1) : await traced(of);
        for (let left = CHUNK_TRIES; claim !== undefined && left > 0; left--) {
          if (await demand(claim, "trace", chunkOf(claim, of))) return true;
        }
        return false;
      },
    },
    move("join the turn of a chunk", async (claim) => {
      const of = shard();
      // The first takes a place in the queue, unless it was shown before; the second shares its deadline.
      const leader = chunkOf(claim, of);
      await demand(claim, "trace", leader);
      const { view } = claim;
      return demand(claim, "trace", chunkOf(claim, of), {
        ...{ place: view.onChain("trace", leader), hash: view.hash("trace", leader) },
      });
    }),
    move("answer a demand", (claim) => {
      if (claim.demanded.length === 0) return Promise.resolve(false);
      const { tree, place } = random.pick(claim.demanded.slice(-4));
      const { view } = claim;
      const what = [view.onChain(tree, place), view.hash(tree, place), view.answer(tree, place)] as const;
      return call(anyone(), judge.interface.encodeFunctionData("respond", [at.market, claim.key, ...what]));
    }),
    move("demand output", async (claim) => {
      const { view } = claim;
      const block = { shard: FROM + shard(), output: 0, index: random.between(0, 2) };
      const head = [at.market, claim.key, view.facts, headerOf(view), view.entry(COMPUTED.output)] as const;
      const data = judge.interface.encodeFunctionData("demandOutput", [...head, block, ANYONE]);
      if (!(await call(challenger(), data, PREPAID))) return false;
      claim.blocks.push(block);
      claim.subjects.add(await judge.outputSubjectOf(block));
      return true;
    }),
    move("show output", (claim) => {
      if (claim.blocks.length === 0) return Promise.resolve(false);
      const block = random.pick(claim.blocks);
      const { view } = claim;
      const args = [at.market, claim.key, view.facts, headerOf(view), block, view.outputOpening(block)] as const;
      return call(anyone(), judge.interface.encodeFunctionData("respondOutput", [...args]));
    }),
    move("prove fraud", async (latest) => {
      if (random.chance(0.3)) return false;
      // A proof is judged against the trace that its worker has given.
      const claim = latest.lying && random.chance(0.5) ? latest : await traced(LIE.shard);
      if (claim?.lying !== true) return false;
      const prover = challenger();
      const { shard: about, shardRoot } = claim.view.traceReply(LIE.shard);
      const { kind, proof } = known.proof;
      if (random.chance(0.6)) {
        const sealed = { shard: about, shardRoot: hexlify(shardRoot), proof };
        const commitment = sealCommitment(claimIdOf(at.market, claim.key), prover, sealed, SALT);
        await call(prover, judge.interface.encodeFunctionData("seal", [commitment]));
        if (random.chance(0.5)) await world.pass(Number((await judge.profile(profileOf(claim.terms))).sealAge));
      }
      const args = [at.market, claim.key, claim.view.facts, about, shardRoot, kind, proof, SALT] as const;
      return call(prover, judge.interface.encodeFunctionData("proveFraud", [...args]));
    }),
    move("call a time-out", (claim) => {
      if (claim.subjects.size === 0) return Promise.resolve(false);
      const args = [at.market, claim.key, random.pick([...claim.subjects])] as const;
      return call(anyone(), judge.interface.encodeFunctionData("timeout", [...args]));
    }),
    move("return prepayments", (claim) => {
      const args: [string, string, string[]] = [at.market, claim.key, [...claim.subjects, digest(random)]];
      return call(anyone(), judge.interface.encodeFunctionData("returnPrepayments", args));
    }),
    {
      name: "withdraw a balance",
      play: () => {
        const from = random.pick([...cast.challengers, ...cast.workers]);
        return call(from, judge.interface.encodeFunctionData("withdraw", [anyone()]));
      },
    },
    {
      name: "end a disputable unit",
      play: () => {
        if (posted.length === 0) return Promise.resolve(false);
        const terms = random.pick(posted.slice(-4));
        const units = Array.from({ length: unitCount(terms) }, (_, unit) => unit);
        return world.act(anyone(), at.market, market.interface.encodeFunctionData("settle", [terms, units]));
      },
    },
  ];
}
