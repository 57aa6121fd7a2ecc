import { ATTACKS } from "./attacks/index.ts";
import { sweep, type Trial } from "./attacks/sweep.ts";
import type { Attack } from "./attacks/attacker.ts";
import { Driver } from "./driver.ts";
import { sample, type Sample } from "./metrics.ts";
import { TIMELINE, type Options } from "./parameters.ts";
import { setUp } from "./setup.ts";
import { DAY, fromOrion } from "./units.ts";
import type { World } from "./world.ts";

export interface Results {
  readonly options: Options;
  readonly samples: readonly Sample[];
  readonly trials: readonly Trial[];
  /** Blocks, and transactions that succeeded, of the market's own year; attacks are not counted. */
  readonly blocks: number;
  readonly transactions: number;
  readonly seconds: { readonly market: number; readonly attacks: number };
}

export type Tell = (line: string) => void;

/** Markets in which attacks are tried, by the day after which they are. */
const SIEGES: readonly { readonly day: number; readonly market: string; readonly attacks: readonly Attack[] }[] = [
  { day: TIMELINE.calm, market: "calm", attacks: ATTACKS },
  { day: TIMELINE.fallen, market: "after the crash", attacks: ATTACKS.filter(({ name }) => depends(name)) },
];

/** Slashing and working for oneself cost the same everywhere. */
function depends(name: string): boolean {
  return !["self-slash", "wash-jobs", "wash-control"].includes(name);
}

/**
 * A market from its first day to its last; attacks are tried on copies of it on the way.
 * @throws SimulationError as soon as an identity breaks or a transaction is refused that its sender knew to be right
 */
export async function runMarket(options: Options, tell: Tell): Promise<Results> {
  const start = performance.now();
  const world = await setUp(options);
  const driver = new Driver(world, options);
  const samples: Sample[] = [];
  const trials: Trial[] = [];
  let [attacking, mined] = [0, 0];
  for (let day = 1; day <= options.days; day++) {
    await driver.day(() => {
      mined += minedToday(world);
      samples.push(sample(world, day, mined));
    });
    if (day % 10 === 0) tell(progress(samples.at(-1), day, options.days, performance.now() - start));
    for (const { market, attacks } of SIEGES.filter((siege) => siege.day === day)) {
      const began = performance.now();
      trials.push(...(await sweep(driver, market, attacks, (trial) => tell(describe(trial)))));
      attacking += performance.now() - began;
    }
  }
  const { blocks, transactions } = world.chain;
  const market = (performance.now() - start - attacking) / 1000;
  return { options, samples, trials, blocks, transactions, seconds: { market, attacks: attacking / 1000 } };
}

/** ORION that as many shares as a sample counts earn in the farm in a day. */
function minedToday({ state, contracts }: World): number {
  if (state.miningRate === 0n) return 0;
  const staked = state.ledger.purses.get(contracts.at.mining)?.shares ?? 0n;
  return staked === 0n ? 0 : (fromOrion(state.miningRate) * DAY * 1e15) / Number(staked);
}

function progress(last: Sample | undefined, day: number, days: number, ms: number): string {
  if (last === undefined) return "";
  const { priceUsd, orionUsd, marginalCostUsd, coverage, depthUsd } = last;
  const market = `CU ${priceUsd.toFixed(2)} USD (marginal cost ${(marginalCostUsd ?? 0).toFixed(2)}), ORION ${orionUsd.toFixed(2)} USD`;
  const rest = `coverage ${coverage.toFixed(2)}, depth ${Math.round(depthUsd / 1000)}k USD`;
  return `day ${day} of ${days}: ${market}, ${rest}  [${Math.round(ms / 1000)} s]`;
}

export function describe({ title, market, capital, profit, done }: Trial): string {
  const result = `${profit > 0 ? "+" : ""}${profit.toLocaleString("en")} ORION`;
  return `  ${market}: ${title}, ${capital.toLocaleString("en")} ORION: ${result}${done ? "" : " (capital did not suffice)"}`;
}
