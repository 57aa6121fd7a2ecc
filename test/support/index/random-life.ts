import { Random } from "../../unit/tensor/random.ts";
import type { Cast } from "./cast.ts";
import type { Disputes } from "./disputable.ts";
import { disputeMoves } from "./dispute-moves.ts";
import { exchangeMoves } from "./exchange-moves.ts";
import { governanceMoves } from "./governance-moves.ts";
import { marketMoves, noJobs, randomTerms, type Jobs } from "./market-moves.ts";
import { moneyMoves } from "./money-moves.ts";
import { reserveMoves } from "./reserve-moves.ts";
import type { Move, Stage } from "./move.ts";
import type { World } from "./world.ts";

/** What a random life leaves behind for a comparison. */
export interface Life {
  readonly jobs: Jobs;
  readonly disputes: Disputes;
  /** How often each action was taken, and not refused. */
  readonly done: ReadonlyMap<string, number>;
  /** Plays one action, or lets some time pass. */
  readonly step: () => Promise<void>;
  readonly steps: (count: number) => Promise<void>;
}

/** Jumps of the clock: within a second, over an answer's time, a window, a claim's time, a vote, a timelock. */
const JUMPS = [1, 5, 11, 13, 61, 601, 3_700, 86_500, 172_900] as const;

const BURST = 5;
const DISPUTABLE = "work on a disputable unit";
/** Jobs and disputes, where much must come together, more often than money and the exchange; governing, which takes days, rarely. */
const SHARES = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4] as const;

/** Random actions of everybody on every contract, the same for the same seed on the same chain. */
export async function randomLife(world: World, cast: Cast, seed: number): Promise<Life> {
  const random = new Random(seed);
  const stage: Stage = { world, cast, random };
  const jobs = noJobs();
  const disputes: Disputes = { claims: [] };
  const areas: Move[][] = [
    marketMoves(stage, jobs),
    [...disputeMoves(stage, jobs, disputes), ...reserveMoves(stage, jobs, disputes)],
    moneyMoves(stage),
    await exchangeMoves(stage),
    governanceMoves(stage),
  ];
  const first = randomTerms(stage, { poster: cast.engineers[0] ?? "" });
  const data = world.contracts.market.interface.encodeFunctionData("postJob", [first]);
  if (await world.act(first.poster, world.network.addresses.market, data)) jobs.terms.push(first);
  const done = new Map<string, number>();
  const step = async (): Promise<void> => {
    if (random.chance(0.15)) await world.pass(random.pick(random.chance(0.95) ? JUMPS.slice(0, 5) : JUMPS));
    // A few of one kind after each other, as what belongs together mostly happens; and again and again what has not happened yet.
    const area = areas[random.pick(SHARES)]!;
    const missing = random.chance(0.4) ? areas.flat().filter(({ name }) => !done.has(name)) : [];
    // Most of a dispute can happen only soon after the claim that it is about.
    const begin = area === areas[1] && random.chance(0.4) ? area.find(({ name }) => name === DISPUTABLE) : undefined;
    if (begin !== undefined && (await begin.play())) done.set(begin.name, (done.get(begin.name) ?? 0) + 1);
    for (let left = random.between(1, begin === undefined ? BURST : 4 * BURST); left > 0; left--) {
      const { name, play } = random.pick(missing.length === 0 || begin !== undefined ? area : missing);
      if (await play()) done.set(name, (done.get(name) ?? 0) + 1);
    }
  };
  return {
    ...{ jobs, disputes, done, step },
    async steps(count) {
      for (let i = 0; i < count; i++) await step();
    },
  };
}

/** Names of all actions. */
export async function actionNames(world: World, cast: Cast): Promise<string[]> {
  const stage: Stage = { world, cast, random: new Random(0) };
  const areas = [
    marketMoves(stage, noJobs()),
    [...disputeMoves(stage, noJobs(), { claims: [] }), ...reserveMoves(stage, noJobs(), { claims: [] })],
    moneyMoves(stage),
    await exchangeMoves(stage),
    governanceMoves(stage),
  ];
  return areas.flat().map(({ name }) => name);
}
