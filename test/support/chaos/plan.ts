import type { ServiceSpec } from "../network/run-service.ts";
import { ACCOUNTS } from "../network/test-network.ts";
import { rollsOf, type Rolls } from "./rolls.ts";
import { rpcWeatherOf, weatherOf, type RpcWeather, type Weather } from "./weather.ts";

export type Part = ServiceSpec["role"];

/** One service, and the ways from it to chain and store. */
export interface PartPlan {
  readonly name: string;
  readonly part: Part;
  readonly account: number;
  /** One for each address that its network file names. */
  readonly rpc: readonly RpcWeather[];
  readonly store: Weather;
  /** Files that its process may hold open; no limit of ours where left out. */
  readonly openFiles?: number;
}

export type EventKind = "kill" | "pause" | "clock" | "full" | "read-only" | "no-files";

/** Something that happens to one service. */
export interface ChaosEvent {
  /** Milliseconds since the start of the faults. */
  readonly atMs: number;
  readonly part: string;
  readonly kind: EventKind;
  /** Milliseconds: of a pause, or of trouble with the disk; until a killed service starts again. */
  readonly lastsMs: number;
  /** Milliseconds by which the clock jumps. */
  readonly jumpMs: number;
}

export interface JobPlan {
  readonly shards: number;
  readonly shardsPerClaim: number;
  readonly missingRows: number;
  readonly seed: number;
  /** Milliseconds since the start of the faults. */
  readonly postedAtMs: number;
}

/** Everything that a seed decides before its network starts. */
export interface Plan {
  readonly seed: number;
  readonly jobs: readonly JobPlan[];
  /** A worker that commits to wrong outputs, and how it behaves besides; none where left out. */
  readonly liar?: { readonly publishes: boolean };
  readonly parts: readonly PartPlan[];
  readonly events: readonly ChaosEvent[];
  readonly payments: number;
  /** Milliseconds for which things go wrong. */
  readonly faultsMs: number;
  /** Milliseconds between two blocks, at most, and seconds of chain time. */
  readonly blockMs: number;
  readonly blockSeconds: number;
}

export const WORKERS = [ACCOUNTS.workers, ACCOUNTS.workers + 1] as const;
export const LIAR = ACCOUNTS.workers + 2;
export const VALIDATOR = ACCOUNTS.workers + 3;
export const PAYER = ACCOUNTS.workers + 4;

const PARTS: readonly (readonly [part: Part, account: number])[] = [
  ["orchestrator", ACCOUNTS.orchestrator],
  ["aggregator", ACCOUNTS.aggregator],
  ["upkeep", ACCOUNTS.upkeep],
  ["worker", WORKERS[0]],
  ["worker", WORKERS[1]],
  ["validator", VALIDATOR],
  ["payer", PAYER],
];
/** What writes to a disk of its own. */
const WRITES = new Set<Part>(["worker", "payer"]);
const HOURS = 3_600_000;

export interface PlanOptions {
  /** Milliseconds for which things go wrong, about. */
  readonly faultsMs: number;
  /** Kinds of events that the services' host can make happen. */
  readonly kinds: readonly EventKind[];
}

/** What happens in the network of a seed. The same seed and options give the same plan. */
export function planOf(seed: number, options: PlanOptions): Plan {
  const rolls = rollsOf(seed, "plan");
  const faultsMs = Math.round(options.faultsMs * (0.7 + 0.6 * rolls.next()));
  const jobs = Array.from({ length: rolls.whole(1, 2) }, (_, i) => jobOf(rolls, seed, i, faultsMs));
  const liar = rolls.chance(0.3) ? { liar: { publishes: rolls.chance(0.5) } } : {};
  const parts = PARTS.map(([part, account]) => partOf(seed, part, account));
  const events = Array.from({ length: rolls.whole(2, 8) }, () => eventOf(rolls, options, faultsMs));
  return {
    seed,
    jobs,
    ...liar,
    parts,
    events: events.sort((a, b) => a.atMs - b.atMs),
    payments: rolls.whole(2, 5),
    faultsMs,
    blockMs: rolls.whole(60, 150),
    blockSeconds: rolls.whole(1, 2),
  };
}

export function nameOf(part: Part, account: number): string {
  return `${part}-${String(account)}`;
}

function jobOf(rolls: Rolls, seed: number, index: number, faultsMs: number): JobPlan {
  return {
    shards: rolls.whole(2, 6),
    shardsPerClaim: rolls.whole(1, 2),
    missingRows: rolls.whole(0, 1),
    seed: (seed % 1_000) * 2 + index,
    postedAtMs: index === 0 ? 0 : rolls.whole(0, Math.floor(faultsMs / 2)),
  };
}

function partOf(seed: number, part: Part, account: number): PartPlan {
  const name = nameOf(part, account);
  const rolls = rollsOf(seed, name);
  const addresses = rolls.chance(0.3) ? 2 : 1;
  return {
    name,
    part,
    account,
    rpc: Array.from({ length: addresses }, () => rpcWeatherOf(rolls)),
    store: weatherOf(rolls),
    ...(WRITES.has(part) && rolls.chance(0.15) ? { openFiles: 64 } : {}),
  };
}

function eventOf(rolls: Rolls, { kinds }: PlanOptions, faultsMs: number): ChaosEvent {
  const kind = rolls.pick(kinds);
  const isOfDisk = kind === "full" || kind === "read-only" || kind === "no-files";
  const [part, account] = rolls.pick(isOfDisk ? PARTS.filter(([name]) => WRITES.has(name)) : PARTS);
  return {
    atMs: rolls.whole(0, faultsMs),
    part: nameOf(part, account),
    kind,
    lastsMs: rolls.whole(50, Math.floor(faultsMs / 2)),
    jumpMs: rolls.pick([-1, 1]) * rolls.whole(1, 48) * (HOURS / 2),
  };
}
