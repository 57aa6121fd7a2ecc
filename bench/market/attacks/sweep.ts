import type { Driver } from "../driver.ts";
import { round } from "../statistics.ts";
import { fromCu, fromOrion, toOrion } from "../units.ts";
import { Attacker, type Attack } from "./attacker.ts";

/** One attack with one capital in one state of the market. */
export interface Trial {
  readonly attack: string;
  readonly title: string;
  readonly market: string;
  readonly capital: number;
  readonly done: boolean;
  /** ORION wei and CU base units gained, exact. */
  readonly orionWei: string;
  readonly cuUnits: string;
  /** ORION, what is left in CU at the market's price included. */
  readonly profit: number;
  readonly notes: Readonly<Record<string, number>>;
}

/** Tries attacks with all their capitals, each from the very same state, to which the market is put back. */
export async function sweep(
  driver: Driver,
  market: string,
  attacks: readonly Attack[],
  tell: (trial: Trial) => void,
): Promise<Trial[]> {
  const { world } = driver;
  const restore = await world.chain.snapshot();
  const kept = structuredClone(world.state);
  const trials: Trial[] = [];
  for (const attack of attacks) {
    for (const capital of attack.capitals) {
      const trial = await tryOnce(driver, market, attack, capital);
      tell(trial);
      trials.push(trial);
      await restore();
      world.state = structuredClone(kept);
      driver.factor = 1;
    }
  }
  return trials;
}

async function tryOnce(driver: Driver, market: string, attack: Attack, capital: number): Promise<Trial> {
  const attacker = new Attacker(driver);
  const wealth = toOrion(capital);
  await attacker.arrive(wealth);
  const { done, notes } = await attack.run(attacker, wealth);
  attacker.count();
  const orion = attacker.orion - wealth;
  const { cu } = attacker;
  return {
    ...{ attack: attack.name, title: attack.title, market, capital, done },
    ...{ orionWei: orion.toString(), cuUnits: cu.toString() },
    profit: round(fromOrion(orion) + fromCu(cu) * driver.world.price),
    notes: Object.fromEntries(Object.entries(notes).map(([name, value]) => [name, round(value)])),
  };
}
