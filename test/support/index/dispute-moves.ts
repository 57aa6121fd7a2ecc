import { id } from "ethers";

import { claimIdOf, sealCommitment, spanOf, type OutputRange, type Place } from "@orion/protocol/disputes";
import { unitCount, type Terms } from "@orion/protocol/chain";
import {
  buildStepProof,
  encodeProof,
  interpret,
  ProgramBuilder,
  tensorType,
  type EncodedProof,
} from "@orion/protocol/tensor";

import { Random } from "../../unit/tensor/random.ts";
import { makeClaim, type ClaimFixture } from "../claim-fixture.ts";
import { disputedClaim, type DisputedClaim } from "../disputed-claim.ts";
import { nodeSha256 } from "../node-sha256.ts";
import { digest, randomTerms, type Jobs } from "./market-moves.ts";
import type { Move, Stage } from "./move.ts";

/** Chunks of the tensors: enough for a descent of an answer above the chunks. */
const CHUNKS = 40;
/** The unit that is disputed: shards 2 and 3 of four. */
const UNIT = 1;
const FROM = 2;
const SHARDS = 4;
const SALT = id("salt of a seal");
/** The altered value of a lying claim. */
const LIE = { shard: 1, node: 1, element: 5_000 } as const;
/** More than any demand prepays here; the rest becomes a balance. */
const PREPAID = 10n ** 16n;

/** A committed claim with everything that its parties know. */
export interface Committed {
  readonly key: string;
  readonly view: DisputedClaim;
  readonly lying: boolean;
  readonly subjects: Set<string>;
  readonly demanded: Place[];
  readonly ranges: OutputRange[];
}

/** Claims of a random life that can be disputed. */
export interface Disputes {
  readonly claims: Committed[];
}

interface Truth {
  readonly honest: ClaimFixture;
  readonly lying: ClaimFixture;
  readonly proof: EncodedProof;
}

function truth(): Truth {
  const b = new ProgramBuilder();
  const roots = b.isqrt(b.shardInput("u8", [CHUNKS, 1024]), "i8");
  const { program, constants } = b.build(
    b.max(roots, b.constant(new Random(7).tensor(tensorType("i8", [CHUNKS, 1024])))),
  );
  const tensors = [1, 2].map((seed) => {
    const input = new Random(seed).tensor(tensorType("u8", [CHUNKS, 1024]));
    return interpret(program, { constants, shared: [], shard: [input] });
  });
  const range = { from: FROM, shards: SHARDS };
  const honest = makeClaim(program, tensors, range);
  const lying = makeClaim(program, tensors, {
    ...range,
    alter: (shard, node, bytes) =>
      shard === LIE.shard && node === LIE.node ? bytes.map((v, i) => (i === LIE.element ? v ^ 1 : v)) : bytes,
  });
  const place = { ...LIE, shard: FROM + LIE.shard };
  return {
    honest,
    lying,
    proof: encodeProof({ kind: "step", proof: buildStepProof(lying.source, place, nodeSha256) }),
  };
}

/** Everything that anybody does to a claim that can be disputed, on jobs whose program and inputs are real. */
export function disputeMoves(stage: Stage, jobs: Jobs, disputes: Disputes): Move[] {
  const { world, cast, random } = stage;
  const { disputes: judge, market } = world.contracts;
  const at = world.network.addresses;
  const known = truth();
  const posted: Terms[] = [];
  const some = (): Committed | undefined =>
    disputes.claims.length === 0 ? undefined : random.pick(disputes.claims.slice(-3));
  const challenger = (): string => random.pick(cast.challengers);
  const call = (from: string, data: string, value = 0n): Promise<boolean> => world.act(from, at.disputes, data, value);
  const withSome = (play: (claim: Committed) => Promise<boolean>): Promise<boolean> => {
    const claim = some();
    return claim === undefined ? Promise.resolve(false) : play(claim);
  };
  const demand = async (claim: Committed): Promise<boolean> => {
    const { view } = claim;
    const parent = claim.demanded.length === 0 || random.chance(0.4) ? undefined : random.pick(claim.demanded);
    const span = parent === undefined ? 0 : spanOf(view.shape, parent);
    const place = parent === undefined ? 1 : parent * 2 ** span + random.between(0, 2 ** span - 1);
    const levels = parent === undefined ? 0 : span;
    if (parent !== undefined && span === 0) return false;
    const head = [at.market, claim.key, view.facts, view.header] as const;
    const target = view.placed(place, levels);
    const data = judge.interface.encodeFunctionData("demand", [...head, view.entryFor(place, levels), target]);
    if (!(await call(challenger(), data, PREPAID))) return false;
    claim.demanded.push(place);
    claim.subjects.add(view.subject(place));
    return true;
  };
  return [
    {
      name: "work on a disputable unit",
      play: async () => {
        const { programRoot, inputsRoot } = known.honest.facts;
        const roots = { programRoot: hex(programRoot), inputsRoot: hex(inputsRoot) };
        const terms = randomTerms(stage, {
          ...roots,
          shards: SHARDS,
          rows: 4n,
          shardsPerClaim: 2,
          profile: random.between(0, 1),
        });
        if (!(await world.act(terms.poster, at.market, market.interface.encodeFunctionData("postJob", [terms])))) {
          return false;
        }
        jobs.terms.push(terms);
        posted.push(terms);
        const worker = random.pick(cast.workers);
        if (!(await world.act(worker, at.market, market.interface.encodeFunctionData("claim", [terms, [UNIT]])))) {
          return false;
        }
        return commitKnown(stage, terms, worker, known, disputes);
      },
    },
    { name: "demand a value", play: () => withSome(demand) },
    {
      name: "answer a demand",
      play: () =>
        withSome((claim) => {
          if (claim.demanded.length === 0) return Promise.resolve(false);
          const place = random.pick(claim.demanded.slice(-3));
          const args = [at.market, claim.key, place, claim.view.hash(place), claim.view.answer(place)] as const;
          return call(random.pick(cast.everybody), judge.interface.encodeFunctionData("respond", [...args]));
        }),
    },
    {
      name: "demand output",
      play: () =>
        withSome(async (claim) => {
          const { view } = claim;
          const first = random.between(0, CHUNKS - 5);
          const range = { shard: FROM + random.between(0, 1), first, count: random.between(1, 5) };
          const entry = view.entry(view.header.outputNode);
          const args = [at.market, claim.key, view.facts, view.header, entry, range] as const;
          if (!(await call(challenger(), judge.interface.encodeFunctionData("demandOutput", [...args]), PREPAID))) {
            return false;
          }
          claim.ranges.push(range);
          claim.subjects.add(await judge.outputSubjectOf(range));
          return true;
        }),
    },
    {
      name: "show output",
      play: () =>
        withSome((claim) => {
          if (claim.ranges.length === 0) return Promise.resolve(false);
          const range = random.pick(claim.ranges);
          const { view } = claim;
          const args = [at.market, claim.key, view.facts, view.header, range, view.opening(range)] as const;
          return call(random.pick(cast.everybody), judge.interface.encodeFunctionData("respondOutput", [...args]));
        }),
    },
    {
      name: "prove fraud",
      play: () =>
        withSome(async (claim) => {
          if (!claim.lying || random.chance(0.5)) return false;
          const prover = challenger();
          if (random.chance(0.6)) {
            const commitment = sealCommitment(claimIdOf(at.market, claim.key), prover, known.proof.proof, SALT);
            await call(prover, judge.interface.encodeFunctionData("seal", [commitment]));
          }
          const { kind, proof } = known.proof;
          const args = [at.market, claim.key, claim.view.facts, kind, proof, SALT] as const;
          return call(prover, judge.interface.encodeFunctionData("proveFraud", [...args]));
        }),
    },
    {
      name: "call a time-out",
      play: () =>
        withSome((claim) => {
          if (claim.subjects.size === 0) return Promise.resolve(false);
          const args = [at.market, claim.key, random.pick([...claim.subjects])] as const;
          return call(random.pick(cast.everybody), judge.interface.encodeFunctionData("timeout", [...args]));
        }),
    },
    {
      name: "return prepayments",
      play: () =>
        withSome((claim) => {
          const args: [string, string, string[]] = [at.market, claim.key, [...claim.subjects, digest(random)]];
          return call(random.pick(cast.everybody), judge.interface.encodeFunctionData("returnPrepayments", args));
        }),
    },
    {
      name: "withdraw a balance",
      play: () => {
        const from = random.pick([...cast.challengers, ...cast.workers]);
        return call(from, judge.interface.encodeFunctionData("withdraw", [random.pick(cast.everybody)]));
      },
    },
    {
      name: "end a disputable unit",
      play: () => {
        if (posted.length === 0) return Promise.resolve(false);
        const terms = random.pick(posted.slice(-4));
        const units = Array.from({ length: unitCount(terms) }, (_, unit) => unit);
        return world.act(
          random.pick(cast.everybody),
          at.market,
          market.interface.encodeFunctionData("settle", [terms, units]),
        );
      },
    },
  ];
}

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

async function commitKnown(
  { world, random }: Stage,
  terms: Terms,
  worker: string,
  known: Truth,
  disputes: Disputes,
): Promise<boolean> {
  const { market, disputes: judge } = world.contracts;
  const lying = random.chance(0.6);
  const fixture = lying ? known.lying : known.honest;
  const key = await market.keyOf(await market.jobIdOf(terms), UNIT, 0, worker);
  const args = [terms, UNIT, key, fixture.facts.claimRoot, digest(random)] as const;
  const to = world.network.addresses.market;
  if (!(await world.act(worker, to, market.interface.encodeFunctionData("commit", [...args])))) return false;
  const block = await world.provider.getBlock("latest");
  const { challengeWindow } = await judge.profile(terms.profile);
  const windowEnd = (block?.timestamp ?? 0) + Number(challengeWindow);
  const view = disputedClaim(fixture, { worker, windowEnd, profile: terms.profile });
  disputes.claims.push({ key, view, lying, subjects: new Set(), demanded: [], ranges: [] });
  return true;
}
