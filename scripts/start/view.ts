import { bar, type Terminal } from "@orion/cli";
import type { JobRecord, UnitRecord, UnitStatus } from "@orion/protocol/chain";

import type { Stopwatch } from "./stopwatch.ts";
import {
  WORKERS,
  type CheatEvent,
  type CheatName,
  type WorkerEvent,
  type WorkerName,
  type WorkerTally,
} from "./services.ts";

/** What is known of one worker while it works. */
interface WorkerState {
  event: WorkerEvent | undefined;
  committed: number;
}

const MARKS: Readonly<Record<UnitStatus, string>> = { free: "·", claimed: "░", committed: "▒", settled: "█" };
const BAR_WIDTH = 24;

/** Live progress: a bar per worker and the state of every shard on a terminal, a line per change elsewhere. */
export class View {
  readonly #terminal: Terminal;
  readonly #watch: Stopwatch;
  readonly #workers = new Map<WorkerName, WorkerState>(
    WORKERS.map((name) => [name, { event: undefined, committed: 0 }]),
  );
  readonly #tallies = new Map<WorkerName, WorkerTally>();
  #job: JobRecord | undefined;
  #last = "";

  constructor(terminal: Terminal, watch: Stopwatch) {
    this.#terminal = terminal;
    this.#watch = watch;
  }

  /** A step that is done or begins. */
  step(line: string): void {
    this.#terminal.note(`${this.#watch.elapsed.toFixed(1).padStart(6)} s  ${line}`);
  }

  worker(name: WorkerName, event: WorkerEvent): void {
    const state = this.#workers.get(name);
    if (state === undefined) return;
    state.event = event;
    if (event.kind === "commit") {
      state.committed++;
      if (!this.#terminal.interactive) this.step(`${name} committed unit ${event.unit}`);
    }
    this.#draw();
  }

  /** The newest word of a worker about what it has computed. */
  tally(name: WorkerName, tally: WorkerTally): void {
    this.#tallies.set(name, tally);
  }

  /** Share of hashing in the time that outputs took, of all workers together. */
  get hashing(): number {
    const all = [...this.#tallies.values()];
    const sum = (of: (tally: WorkerTally) => number): number => all.reduce((total, tally) => total + of(tally), 0);
    const hashing = sum((tally) => tally.hashing);
    const whole = hashing + sum((tally) => tally.computing);
    return whole === 0 ? 0 : hashing / whole;
  }

  cheat(name: CheatName, { unit, node, element, claimed, actual }: CheatEvent): void {
    const lie =
      node === undefined
        ? "noise, and publishes nothing"
        : `a lie: element ${element} of node ${node} is ${actual}, claimed as ${claimed}`;
    this.step(`the ${name} committed unit ${unit} to ${lie}`);
  }

  job(job: JobRecord): void {
    this.#job = job;
    const line = shardsLine(job);
    if (line !== this.#last && !this.#terminal.interactive) this.step(line);
    this.#last = line;
    this.#draw();
  }

  end(): void {
    this.#terminal.draw([]);
  }

  #draw(): void {
    if (this.#job === undefined) return;
    const workers = [...this.#workers].map(([name, state]) => workerLine(name, state));
    this.#terminal.draw([...workers, `shards    ${marks(this.#job)}  ${this.#last}`]);
  }
}

function workerLine(name: WorkerName, { event, committed }: WorkerState): string {
  const doing =
    event === undefined || event.kind === "settled" || event.kind === "commit"
      ? "waits"
      : `${event.kind} unit ${event.unit}`;
  const share = doing === "waits" ? bar(0, 1, BAR_WIDTH) : bar(event?.done ?? 0, event?.total ?? 1, BAR_WIDTH);
  return `${name}  ${share} ${doing.padEnd(18)} ${committed} units committed`;
}

function marks(job: JobRecord): string {
  return [...job.units].map((unit: UnitRecord) => MARKS[unit.status].repeat(unit.to - unit.from)).join("");
}

function shardsLine(job: JobRecord): string {
  const count = (wanted: UnitStatus): number =>
    [...job.units].filter(({ status }) => status === wanted).reduce((sum, { from, to }) => sum + to - from, 0);
  const data = job.manifests.length === 0 ? "data not sharded yet" : `${count("free")} free`;
  return `${job.settledShards}/${job.terms.shards} shards settled, ${count("committed")} in their window, ${count("claimed")} computing, ${data}`;
}
