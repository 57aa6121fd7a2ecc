import { expect } from "chai";
import fc from "fast-check";
import { zeroParameter } from "../../../examples/digits/nn/parameter.ts";
import { quantizeContraction } from "../../../examples/digits/quantize/contraction.ts";
import { affine, decode, encode, rectified, symmetric } from "../../../examples/digits/quantize/encoding.ts";
import { toMultiplier, toMultiplierPair } from "../../../examples/digits/quantize/multiplier.ts";

const FACTOR = fc.double({ min: 2 ** -31, max: 2 ** 29, noNaN: true });
const RANGE = fc
  .tuple(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double({ min: 1e-3, max: 1e3, noNaN: true }))
  .map(([low, width]) => ({ low, high: low + width }));

describe("digits: quantisation", () => {
  it("writes a factor as a 31-bit multiplier and a shift", () => {
    fc.assert(
      fc.property(FACTOR, (factor) => {
        const { m, s } = toMultiplier(factor);
        expect(m).to.be.within(2 ** 30, 2 ** 31 - 1);
        expect(s).to.be.within(0, 62);
        expect(m / 2 ** s / factor).to.be.closeTo(1, 2 ** -30);
      }),
    );
  });

  it("handles a factor that would round up to 2^31", () => {
    expect(toMultiplier(1 - 2 ** -40)).to.deep.equal({ m: 2 ** 30, s: 30 });
  });

  it("refuses factors that no multiplier reaches", () => {
    for (const factor of [0, -1, Number.NaN, 2 ** 31, 2 ** -63]) {
      expect(() => toMultiplier(factor), String(factor)).to.throw(RangeError);
    }
  });

  it("writes two factors over one shift with few bits", () => {
    const ratio = fc.double({ min: 0.05, max: 20, noNaN: true });
    fc.assert(
      fc.property(ratio, ratio, (a, b) => {
        const { ma, mb, s } = toMultiplierPair(a, b, 15);
        expect(Math.max(ma, mb)).to.be.below(2 ** 15);
        expect(ma / 2 ** s).to.be.closeTo(a, Math.max(a, b) * 2 ** -14);
        expect(mb / 2 ** s).to.be.closeTo(b, Math.max(a, b) * 2 ** -14);
      }),
    );
  });

  it("stores reals within half a step, and zero exactly", () => {
    fc.assert(
      fc.property(RANGE, fc.double({ min: 0, max: 1, noNaN: true }), ({ low, high }, t) => {
        const real = low + t * (high - low);
        for (const encoding of [
          affine({ low, high }),
          symmetric("i8", { low, high }),
          symmetric("i16", { low, high }),
        ]) {
          expect(decode(encode(0, encoding), encoding)).to.equal(0);
          // The rounding of the zero point may cost up to half a step at the very ends.
          expect(decode(encode(real, encoding), encoding)).to.be.closeTo(real, 1.001 * encoding.scale);
        }
      }),
    );
  });

  it("makes saturation the ReLU", () => {
    const encoding = rectified({ low: 0, high: 10 });
    expect(encode(-3, encoding)).to.equal(0);
    expect(encode(10, encoding)).to.equal(255);
    expect(encode(11, encoding)).to.equal(255);
  });

  it("gives every output channel its own scale and folds the bias", () => {
    const weights = zeroParameter("w", [3, 2]);
    const bias = zeroParameter("b", [3]);
    weights.value.set([0.5, -1, 20, 10, 0, 0]);
    bias.value.set([0.25, -4, 1]);
    const [input, output] = [
      { dtype: "u8", scale: 0.1, zeroPoint: 0 } as const,
      { dtype: "i8", scale: 0.5, zeroPoint: 3 } as const,
    ];
    const quantized = quantizeContraction(weights, bias, input, output);
    expect([...quantized.weights.data]).to.deep.equal([64, -127, 127, 64, 0, 0]);
    [0.25, -4, 1].forEach((real, n) => {
      const afterScaling = (quantized.bias[n]! * quantized.m[n]!) / 2 ** quantized.s[n]!;
      expect(afterScaling * output.scale, `bias ${n}`).to.be.closeTo(real, 0.01);
    });
  });
});
