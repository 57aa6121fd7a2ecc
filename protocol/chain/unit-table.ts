import { unitCount, unitRange, type Terms } from "./terms.ts";

/** Where a unit stands, as the events tell. */
export type UnitStatus = "free" | "claimed" | "committed" | "settled";

export interface UnitRecord {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly status: UnitStatus;
  readonly attempt: number;
  /** The key that claimed: the provider itself, or an operator key of it. */
  readonly worker: string;
  readonly provider: string;
  readonly key: string;
  /** Chain time until which the claim may be committed. */
  readonly deadline: number;
  readonly outputsRoot: string;
  /** Digest of the outputs document. */
  readonly outputs: string;
  readonly windowEnd: number;
  readonly accepted: boolean;
}

/** A search ends there: nobody's choice of terms makes it long. */
const MAX_LOOKS = 10_000;

/**
 * The units of one job. Only units that something happened to take memory: whoever posts a job of four billion units for
 * a few base units of CU must not bring down everybody who follows the market.
 */
export class UnitTable implements Iterable<UnitRecord> {
  readonly length: number;
  readonly #terms: Terms;
  readonly #touched = new Map<number, UnitRecord>();
  readonly #active = new Set<number>();
  #settled = 0;

  constructor(terms: Terms) {
    this.#terms = terms;
    this.length = unitCount(terms);
  }

  /** @throws RangeError when the job has no such unit */
  get(index: number): UnitRecord {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`there is no unit ${String(index)} in a job of ${String(this.length)} units`);
    }
    return this.#touched.get(index) ?? this.#untouched(index);
  }

  /** Replaces fields of one unit; returns the record as it was. */
  update(index: number, changes: Partial<Omit<UnitRecord, "index" | "from" | "to">>): UnitRecord {
    const before = this.get(index);
    this.put({ ...before, ...changes });
    return before;
  }

  /** Frees a unit for its next attempt; returns the record as it was. */
  release(index: number): UnitRecord {
    const before = this.get(index);
    this.put({ ...this.#untouched(index), attempt: before.attempt + 1 });
    return before;
  }

  /** Sets a whole record, as `update` or `release` returned it. */
  put(record: UnitRecord): void {
    this.#settled += Number(record.status === "settled") - Number(this.get(record.index).status === "settled");
    this.#touched.set(record.index, record);
    if (record.status === "claimed" || record.status === "committed") this.#active.add(record.index);
    else this.#active.delete(record.index);
  }

  /** Units that are claimed or committed, in order. */
  active(): UnitRecord[] {
    return [...this.#active].sort((a, b) => a - b).map((index) => this.get(index));
  }

  /** Units that something has happened to, in order. */
  touched(): UnitRecord[] {
    const touched = [...this.#touched.values()].filter(({ status, attempt }) => status !== "free" || attempt > 0);
    return touched.sort((a, b) => a.index - b.index);
  }

  get freeCount(): number {
    return this.length - this.#active.size - this.#settled;
  }

  get settledCount(): number {
    return this.#settled;
  }

  /** The first free unit at or after `start`, going round, that `accept` takes, among the next 10,000 units. */
  findFree(start: number, accept: (unit: UnitRecord) => boolean = () => true): UnitRecord | undefined {
    if (this.freeCount === 0) return undefined;
    for (let step = 0; step < Math.min(this.length, MAX_LOOKS); step++) {
      const unit = this.get((start + step) % this.length);
      if (unit.status === "free" && accept(unit)) return unit;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<UnitRecord, void, undefined> {
    for (let index = 0; index < this.length; index++) yield this.get(index);
  }

  #untouched(index: number): UnitRecord {
    return {
      index,
      ...unitRange(this.#terms, index),
      status: "free",
      attempt: 0,
      worker: "",
      provider: "",
      key: "",
      deadline: 0,
      outputsRoot: "",
      outputs: "",
      windowEnd: 0,
      accepted: false,
    };
  }
}
