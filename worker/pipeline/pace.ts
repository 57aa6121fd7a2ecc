import type { JobSession } from "@orion/protocol/jobs";
import { toHex } from "@orion/protocol/common";

/** Seconds for one shard. */
interface Measured {
  compute?: number;
  upload?: number;
}

/** A faster unit counts so much; a slower one counts at once. */
const DECAY = 0.2;

/** How fast this machine computes and uploads the shards of a program, from the units that it has done lately. */
export class Pace {
  readonly #measured = new Map<string, Measured>();

  /** Seconds that so many shards are expected to take. @param tried seconds for a shard as a trial has shown it */
  of(session: JobSession, shards: number, tried?: number): { readonly compute: number; readonly upload: number } {
    const { compute, upload = 0 } = this.#measured.get(nameOf(session)) ?? {};
    const { secondsPerShard, estimatedSeconds } = session.speed;
    return { compute: shards * (compute ?? tried ?? secondsPerShard ?? estimatedSeconds), upload: shards * upload };
  }

  computed(session: JobSession, shards: number, seconds: number): void {
    this.#note(session, "compute", seconds / shards);
  }

  uploaded(session: JobSession, shards: number, seconds: number): void {
    this.#note(session, "upload", seconds / shards);
  }

  #note(session: JobSession, what: keyof Measured, seconds: number): void {
    const known = this.#measured.get(nameOf(session)) ?? {};
    const before = known[what] ?? 0;
    known[what] = Math.max(seconds, before + DECAY * (seconds - before));
    this.#measured.set(nameOf(session), known);
  }
}

function nameOf({ loaded }: JobSession): string {
  return toHex(loaded.root);
}
