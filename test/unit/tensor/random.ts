import {
  allocate,
  dtypeMax,
  dtypeMin,
  elementCount,
  type DType,
  type Tensor,
  type TensorType,
} from "@orion/protocol/tensor";

/** A small deterministic source of random numbers. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 2^32). */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** Uniform in [lo, hi]. */
  between(lo: number, hi: number): number {
    return lo + Math.floor((this.bits() / 2 ** 32) * (hi - lo + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }

  chance(probability: number): boolean {
    return this.bits() / 2 ** 32 < probability;
  }

  dtype(): DType {
    return this.pick(["i8", "u8", "i16", "i32"] as const);
  }

  /** A value of the dtype, with a bent for the extremes. */
  value(dtype: DType): number {
    const [lo, hi] = [dtypeMin(dtype), dtypeMax(dtype)];
    if (this.chance(0.3)) return this.pick([lo, lo + 1, 0, 1, hi - 1, hi]);
    return this.between(lo, hi);
  }

  tensor(type: TensorType): Tensor {
    const data = allocate(type.dtype, elementCount(type.dims));
    const mood = this.between(0, 3);
    for (let i = 0; i < data.length; i++) {
      data[i] = mood === 0 ? this.pick([dtypeMin(type.dtype), dtypeMax(type.dtype)]) : this.value(type.dtype);
    }
    return { dtype: type.dtype, rank: type.rank, dims: type.dims, data };
  }
}
