import { expect } from "chai";
import fc from "fast-check";
import { dataMultiplier, dataShift, halfEvenDiv, halfEvenShift, requantize, saturate } from "@orion/protocol/tensor";
import { halfEvenDivSmall } from "../../../protocol/tensor/numbers.ts";
import { naiveRequantize, nearestEven } from "./naive-oracle.ts";

const I32 = 2 ** 31;

describe("numbers", () => {
  it("rounds ties to even, on both sides of zero", () => {
    const rounded = [-7n, -5n, -3n, -1n, 0n, 1n, 3n, 5n, 7n].map((p) => halfEvenDiv(p, 2n));
    expect(rounded).to.deep.equal([-4n, -2n, -2n, 0n, 0n, 0n, 2n, 2n, 4n]);
    expect(halfEvenDiv(7n, -2n)).to.equal(-4n);
    expect(halfEvenDiv(-8n, 3n)).to.equal(-3n);
    expect(halfEvenDiv(8n, 3n)).to.equal(3n);
    expect(halfEvenDiv(7n, 3n)).to.equal(2n);
  });

  it("rounds once, after the exact product", () => {
    expect(halfEvenShift(3n, 3n, 1)).to.equal(4n);
    expect(halfEvenShift(5n, 1n, 0)).to.equal(5n);
    expect(halfEvenShift(-(2n ** 63n), 2n ** 31n - 1n, 62)).to.equal(-2n * (2n ** 31n - 1n));
    expect(halfEvenShift(2n ** 61n, 1n, 62)).to.equal(0n);
    expect(halfEvenShift(2n ** 61n + 1n, 1n, 62)).to.equal(1n);
  });

  it("adds the zero point before it saturates", () => {
    expect(requantize(200, 1, 0, -100, "i8")).to.equal(100);
    expect(requantize(300, 1, 0, -100, "i8")).to.equal(127);
    expect(requantize(-5, 1, 1, 0, "u8")).to.equal(0);
    expect(requantize(I32, 2 ** 31 - 1, 0, 0, "i32")).to.equal(I32 - 1);
    expect(requantize(-(2n ** 62n), 2 ** 31 - 1, 62, 0, "i32")).to.equal(-(I32 - 1));
  });

  it("saturates to each dtype", () => {
    expect([saturate(-129, "i8"), saturate(128n, "i8")]).to.deep.equal([-128, 127]);
    expect([saturate(-1n, "u8"), saturate(256, "u8")]).to.deep.equal([0, 255]);
    expect([saturate(-40_000, "i16"), saturate(40_000n, "i16")]).to.deep.equal([-32_768, 32_767]);
    expect([saturate(-(2n ** 70n), "i32"), saturate(2 ** 31, "i32")]).to.deep.equal([-I32, I32 - 1]);
  });

  it("gives every bit pattern of a data-borne parameter a meaning", () => {
    expect([-I32, -1, 0, 1, I32 - 1].map(dataMultiplier)).to.deep.equal([0, 0, 0, 1, I32 - 1]);
    expect([-I32, -1, 0, 62, 63, I32 - 1].map(dataShift)).to.deep.equal([0, 0, 0, 62, 62, 62]);
  });

  it("takes the same value on the path of doubles and of big integers", () => {
    const acc = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -64, max: 64 }));
    const m = fc.oneof(fc.integer({ min: 0, max: I32 - 1 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(acc, m, fc.integer({ min: 0, max: 62 }), fc.integer({ min: -128, max: 127 }), (a, k, s, zp) => {
        for (const dtype of ["i8", "u8", "i16", "i32"] as const) {
          const expected = Number(naiveRequantize(dtype, BigInt(a), BigInt(k), BigInt(s), BigInt(zp)));
          expect(requantize(a, k, s, zp, dtype)).to.equal(expected);
          expect(requantize(BigInt(a), k, s, zp, dtype)).to.equal(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("divides small integers as big ones", () => {
    const small = fc.oneof(fc.integer(), fc.integer({ min: -9, max: 9 }));
    fc.assert(
      fc.property(small, small, (p, q) => {
        if (q === 0) return;
        expect(halfEvenDivSmall(p, q)).to.equal(Number(nearestEven(BigInt(p), BigInt(q))));
        expect(halfEvenDiv(BigInt(p), BigInt(q))).to.equal(nearestEven(BigInt(p), BigInt(q)));
      }),
      { numRuns: 500 },
    );
  });
});
