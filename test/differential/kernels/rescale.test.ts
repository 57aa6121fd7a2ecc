import { expect } from "chai";
import fc from "fast-check";
import { requantize } from "@orion/protocol/tensor";
import { rescaler, rowRescaler } from "../../../protocol/kernels/rescale.ts";
import { runs } from "../../fuzz/tensor/runs.ts";

const DTYPES = ["i8", "u8", "i16", "i32"] as const;
const accumulator = fc.oneof(
  fc.integer({ min: -(2 ** 24), max: 2 ** 24 }),
  fc.maxSafeInteger(),
  fc.integer({ min: -40, max: 40 }),
);
const multiplier = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.constantFrom(0, 1, 3, 2 ** 30, 2 ** 31 - 1));
const shift = fc.integer({ min: 0, max: 62 });

describe("fast rescaling", () => {
  it("is the rule of requantise for any exact accumulator", () => {
    fc.assert(
      fc.property(accumulator, multiplier, shift, fc.constantFrom(...DTYPES), fc.nat(127), (acc, m, s, dtype, zp) => {
        expect(rescaler(m, s, zp, dtype)(acc)).to.equal(requantize(BigInt(acc), m, s, zp, dtype));
      }),
      { numRuns: runs(4000) },
    );
  });

  it("rounds ties to even, and what lies a hair beside them to the nearer side", () => {
    for (let s = 1; s <= 50; s++) {
      for (const k of [-5, -4, -1, 0, 1, 2, 7, 100]) {
        for (const hair of [-1, 0, 1]) {
          const acc = k * 2 ** s + 2 ** (s - 1) + hair;
          if (Number.isSafeInteger(acc)) {
            expect(rescaler(1, s, 0, "i32")(acc), `${acc} / 2^${s}`).to.equal(requantize(BigInt(acc), 1, s, 0, "i32"));
          }
        }
      }
    }
  });

  it("finds the exact side of a tie where the product is too long for a double", () => {
    const m = 2 ** 31 - 1;
    for (let acc = 2 ** 24 - 400; acc < 2 ** 24; acc++) {
      for (const s of [30, 40, 45, 54]) {
        expect(rescaler(m, s, 3, "i16")(acc)).to.equal(requantize(BigInt(acc), m, s, 3, "i16"));
      }
    }
  });

  it("does the same row by row", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(accumulator, accumulator, multiplier, shift), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...DTYPES),
        (columns, dtype) => {
          const [bias, m, s] = [1, 2, 3].map((i) => Float64Array.from(columns, (column) => column[i] as number)) as [
            Float64Array,
            Float64Array,
            Float64Array,
          ];
          bias.forEach((value, i) => (bias[i] = value % 2 ** 31));
          const sums = Float64Array.from([...columns, ...columns], ([acc], i) => (acc % 2 ** 50) - i);
          const out = new Int32Array(sums.length + 2);
          rowRescaler({ bias, m, s, zp: 5, dtype })(sums, 2, out, 1);
          const wanted = Array.from(sums, (sum, i) => {
            const n = i % columns.length;
            return requantize(BigInt(sum + bias[n]!), m[n]!, s[n]!, 5, dtype);
          });
          expect(Array.from(out)).to.deep.equal([0, ...wanted, 0]);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});
