import { ProgramBuilder, tensor, type BuiltProgram, type Tensor, type Value } from "@orion/protocol/tensor";
import { runs } from "../../fuzz/tensor/runs.ts";
import { Random } from "../../unit/tensor/random.ts";
import { BACKENDS, expectSame, openBackend, type CountingBackend } from "./compare.ts";

const S = 31;

/** x with x · m = 1 modulo 2^31, of an odd m. */
function inverse(m: bigint): bigint {
  let x = 1n;
  // Every step doubles the bits that are right.
  for (let i = 0; i < 5; i++) x = BigInt.asUintN(S, x * (2n - m * x));
  return x;
}

/**
 * Numbers below 2^s whose product with an odd m is `beside` away from an odd multiple of 2^(s-1): their quotient by 2^s lies
 * that near to a tie, nearer than a double of its size can tell. s is at most 31.
 */
function besideTie(m: number, beside: bigint, s = S): number {
  return Number(BigInt.asUintN(s, ((1n << BigInt(s - 1)) + beside) * inverse(BigInt(m))));
}

/** Inputs whose sum of products with weights of 127, and of 1 at the end, is `sum`. */
function termsOf(sum: number, count: number): number[] {
  const [most, rest] = [32_767, sum % 127];
  let left = (sum - rest) / 127;
  const terms = Array.from({ length: count - 1 }, () => {
    const term = Math.min(left, most);
    left -= term;
    return term;
  });
  return [...terms, rest];
}

for (const name of BACKENDS) {
  describe(`quotients beside ties on ${name}`, () => {
    const r = new Random(61);
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());

    const odd = (): number => 2 * r.between(2 ** 28, 2 ** 30 - 1) + 1;
    const check = async (built: BuiltProgram, x: Tensor, label: string): Promise<void> =>
      expectSame(backend, built, { constants: built.constants, shared: [], shard: [x] }, label);
    const program = (x: Tensor, write: (b: ProgramBuilder, x: Value) => Value): BuiltProgram => {
      const b = new ProgramBuilder();
      return b.build(write(b, b.shardInput(x.dtype, x.dims.slice(4 - x.rank))));
    };

    it("are rounded by their exact value in contractions", async () => {
      const channels = 64;
      for (let i = 0; i < runs(4); i++) {
        const m = Array.from({ length: channels }, odd);
        const bias = m.map((multiplier, n) => besideTie(multiplier, BigInt((n % 5) - 2)) * (n % 2 === 0 ? 1 : -1));
        const x = tensor("i8", [3, 5], new Int8Array(15));
        const w = tensor("i8", [channels, 5], new Int8Array(5 * channels).fill(1));
        const options = { dtype: "i32", m, s: new Array<number>(channels).fill(S), bias } as const;
        await check(
          program(x, (b, v) => b.matmul(v, b.constant(w), options)),
          x,
          `matmul ${i}`,
        );
      }
    });

    it("are rounded by their exact value where the sum alone is large", async () => {
      for (let i = 0; i < runs(4); i++) {
        const m = odd();
        const terms = 262;
        const rows = Array.from({ length: 10 }, (_, n) => termsOf(besideTie(m, BigInt((n % 5) - 2), S - 1), terms));
        const x = tensor("i16", [10, terms], Int16Array.from(rows.flat()));
        const w = tensor("i8", [1, terms], new Int8Array(terms).fill(127).fill(1, terms - 1));
        const options = { dtype: "i32", m, s: S - 1 } as const;
        await check(
          program(x, (b, v) => b.matmul(v, b.constant(w), options)),
          x,
          `sum ${i}`,
        );
      }
    });

    it("are rounded by their exact value element by element", async () => {
      for (let i = 0; i < runs(20); i++) {
        const m = odd();
        const values = Int32Array.from({ length: 10 }, (_, n) => besideTie(m, BigInt((n % 5) - 2)) * (n < 5 ? 1 : -1));
        const x = tensor("i32", [10], values);
        await check(
          program(x, (b, v) => b.requantize(v, { dtype: "i32", m, s: S })),
          x,
          `requantize by ${m}`,
        );
        const one = tensor("i8", [10], new Int8Array(10).fill(1));
        await check(
          program(x, (b, v) => b.mul(v, b.constant(one), { dtype: "i32", m, s: S })),
          x,
          `mul by ${m}`,
        );
      }
    });
  });
}
