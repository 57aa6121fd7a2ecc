import { hexlify, ZeroAddress, ZeroHash } from "ethers";

import { MINTED_BIT, unitCount, type Terms } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";

import type { Random } from "../../unit/tensor/random.ts";
import { amountUpTo, type Move, type Stage } from "./move.ts";

const CU = CREDIT;
const ORION = 10n ** 18n;
const DAY = 86_400;

/** The jobs of a random life, so that other actions and the comparison know them. */
export interface Jobs {
  readonly terms: Terms[];
  /** Units that were claimed, and those that were committed; some are settled or free again. */
  readonly claimed: Assigned[];
  readonly committed: Assigned[];
}

export interface Assigned {
  readonly terms: Terms;
  readonly unit: number;
}

export const noJobs = (): Jobs => ({ terms: [], claimed: [], committed: [] });

/** Of things in the order in which they happened, more often one of the last. */
export function recent<T>(random: Random, items: readonly T[]): T {
  return random.pick(random.chance(0.7) ? items.slice(-6) : items);
}

/** Bytes that look random, and are the same for the same seed. */
export function digest(random: Random): string {
  return hexlify(new Uint8Array(32).map(() => random.between(0, 255)));
}

export function randomTerms({ cast, random }: Stage, changes: Partial<Terms> = {}): Terms {
  const shards = random.between(1, 7);
  const shardsPerClaim = random.between(1, 3);
  const work = amountUpTo(random, CU) + 1n;
  const keeper = random.chance(0.8) ? cast.keeper : ZeroAddress;
  return {
    poster: random.pick(cast.engineers),
    salt: digest(random),
    programRoot: digest(random),
    dataset: digest(random),
    inputsRoot: digest(random),
    challengers: ZeroHash,
    rows: BigInt(shards * random.between(1, 100)),
    shards,
    shardsPerClaim,
    workPerShard: work,
    pricePerShard: work + amountUpTo(random, work),
    keeper,
    keeperFee: keeper === ZeroAddress || random.chance(0.3) ? 0n : amountUpTo(random, CU / 10n),
    collateralPerClaim: collateralFor(work * BigInt(Math.min(shards, shardsPerClaim))),
    options: random.chance(0.4) ? 0 : random.between(1, 2),
    ...changes,
  };
}

/** Within the bounds for almost any work of a claim, also after a vote has moved them. */
export function collateralFor(work: bigint): bigint {
  const least = (work * 7n * ORION) / CU;
  return least > ORION ? least : ORION;
}

/** Everything that anybody does with jobs. */
export function marketMoves(stage: Stage, jobs: Jobs): Move[] {
  const { world, cast, random } = stage;
  const { market, buyAndPost, credits } = world.contracts;
  const at = world.network.addresses;
  const abi = market.interface;
  const someone = (): string => random.pick(cast.everybody);
  const job = (): Terms => random.pick(jobs.terms);
  const someUnits = (terms: Terms): number[] =>
    Array.from({ length: random.between(1, 3) }, () => random.between(0, unitCount(terms) - 1));
  const call = (from: string, data: string): Promise<boolean> => world.act(from, at.market, data);
  const post = async (terms: Terms, play: Promise<boolean>): Promise<boolean> => {
    const done = await play;
    if (done) jobs.terms.push(terms);
    return done;
  };
  return [
    {
      name: "post",
      play: () => {
        const terms = randomTerms(stage);
        return post(terms, call(terms.poster, abi.encodeFunctionData("postJob", [terms])));
      },
    },
    {
      name: "post for somebody",
      play: () => {
        const terms = randomTerms(stage);
        return post(terms, call(someone(), abi.encodeFunctionData("postJobFor", [terms])));
      },
    },
    {
      name: "buy and post",
      play: () => {
        const terms = randomTerms(stage);
        const hops = [{ tokenOut: at.credits, fee: 30 }];
        const payment = { tokenIn: at.orion, hops, maxIn: 2n ** 200n, deadline: 2n ** 40n };
        const data = buyAndPost.interface.encodeFunctionData("buyAndPost", [terms, payment]);
        return post(terms, world.act(someone(), at.buyAndPost, data));
      },
    },
    {
      name: "mint and post",
      play: () => {
        const terms = randomTerms(stage);
        const minted = { ...terms, options: terms.options | MINTED_BIT };
        const data = credits.interface.encodeFunctionData("mintForJob", [
          minted,
          random.between(1, 30 * DAY),
          2n ** 127n,
        ]);
        return post(minted, world.act(minted.poster, at.credits, data));
      },
    },
    {
      name: "see what minted escrow leaves paid",
      play: async () => {
        const options = MINTED_BIT | random.between(0, 2);
        const terms = randomTerms(stage, { keeper: cast.keeper, keeperFee: CU / 100n, options });
        const mint = credits.interface.encodeFunctionData("mintForJob", [terms, 30 * DAY, 2n ** 127n]);
        if (!(await post(terms, world.act(terms.poster, at.credits, mint)))) return false;
        await call(cast.keeper, abi.encodeFunctionData("publishManifest", [terms, digest(random)]));
        if (!(await call(terms.poster, abi.encodeFunctionData("cancel", [terms])))) return false;
        // Mostly it stays owed, or days would pass too often.
        if (random.chance(0.7)) return false;
        await world.pass(DAY);
        const id = await market.jobIdOf(terms);
        return world.act(someone(), at.credits, credits.interface.encodeFunctionData("payOwed", [id, cast.keeper]));
      },
    },
    {
      name: "publish a manifest",
      play: () => {
        const from = random.chance(0.7) ? cast.keeper : someone();
        return call(from, abi.encodeFunctionData("publishManifest", [job(), digest(random)]));
      },
    },
    {
      name: "tip",
      play: () => call(someone(), abi.encodeFunctionData("addTip", [job(), amountUpTo(random, CU)])),
    },
    {
      name: "claim",
      play: async () => {
        const terms = recent(random, jobs.terms);
        const units = [...new Set(someUnits(terms))];
        const done = await call(
          random.pick([...cast.workers, ...cast.keys]),
          abi.encodeFunctionData("claim", [terms, units]),
        );
        if (done) jobs.claimed.push(...units.map((unit) => ({ terms, unit })));
        return done;
      },
    },
    { name: "commit", play: () => commit(stage, jobs) },
    {
      name: "settle",
      play: () => {
        const terms = jobs.committed.length === 0 ? job() : recent(random, jobs.committed).terms;
        return call(someone(), abi.encodeFunctionData("settle", [terms, someUnits(terms)]));
      },
    },
    {
      name: "accept",
      play: async () => {
        if (jobs.committed.length === 0) return false;
        const { terms, unit } = recent(random, jobs.committed);
        return call(terms.poster, abi.encodeFunctionData("accept", [terms, [unit]]));
      },
    },
    {
      name: "expire",
      play: () => {
        const terms = job();
        return call(someone(), abi.encodeFunctionData("expire", [terms, someUnits(terms)]));
      },
    },
    {
      name: "cancel",
      play: () => {
        const terms = job();
        // Rarely, or no job would live long.
        return random.chance(0.3)
          ? call(terms.poster, abi.encodeFunctionData("cancel", [terms]))
          : world.pass(1).then(() => false);
      },
    },
    {
      name: "publish a result",
      play: async () => {
        const id = await market.jobIdOf(job());
        return call(someone(), abi.encodeFunctionData("publishResult", [id, digest(random), digest(random)]));
      },
    },
  ];
}

/** Commits some claimed unit to a root that nobody knows a proof against. */
async function commit({ world, random }: Stage, jobs: Jobs): Promise<boolean> {
  if (jobs.claimed.length === 0) return false;
  const { terms, unit } = recent(random, jobs.claimed);
  const { market } = world.contracts;
  const id = await market.jobIdOf(terms);
  const { slot } = await market.unit(id, unit);
  if (slot.worker === ZeroAddress) return false;
  const key = await market.keyOf(id, unit, slot.attempt, slot.worker);
  const data = market.interface.encodeFunctionData("commit", [terms, unit, key, digest(random), digest(random)]);
  const done = await world.act(slot.worker, world.network.addresses.market, data);
  if (done) jobs.committed.push({ terms, unit });
  return done;
}
