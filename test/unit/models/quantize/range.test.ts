import { expect } from "chai";

import { decode, encode } from "../../../../protocol/models/quantize/encoding.ts";
import { Histogram } from "../../../../protocol/models/quantize/histogram.ts";
import { encodingOf, sqnr } from "../../../../protocol/models/quantize/range.ts";

/** Of a bell's shape, the same each time, with one far outlier. */
function bell(outlier: number): Float32Array {
  let state = 7;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const values = Float32Array.from({ length: 30_000 }, () => next() + next() + next() + next() - 2);
  values[17] = outlier;
  return values;
}

function histogramOf(values: Float32Array): Histogram {
  const histogram = new Histogram();
  histogram.add(values);
  histogram.add(values);
  return histogram;
}

function measured(values: Float32Array, encoding: Parameters<typeof decode>[1]): number {
  let [signal, noise] = [0, 0];
  for (const value of values) {
    signal += value ** 2;
    noise += (value - decode(encode(value, encoding), encoding)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe("ranges from calibration", () => {
  it("keep extremes and every count while the histogram widens", () => {
    const histogram = new Histogram();
    histogram.add([0, 0.001, -0.002]);
    histogram.add([100, -3]);
    histogram.add([NaN, Infinity]);
    expect(histogram.range).to.deep.equal({ low: -3, high: 100 });
    expect(histogram.count).to.equal(5);
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).to.equal(5);
    expect(new Histogram().range).to.deep.equal({ low: 0, high: 0 });
  });

  it("by extremes hold the outlier, by percentile they drop it", () => {
    const histogram = histogramOf(bell(40));
    expect(encodingOf(histogram, "i8", "min-max").scale).to.be.closeTo(42 / 255, 0.01);
    expect(encodingOf(histogram, "i8", "percentile").scale).to.be.below(5 / 255);
  });

  it("by least error are never worse than by extremes, and the error is the one foretold", () => {
    for (const outlier of [0, 4, 40]) {
      const values = bell(outlier);
      const histogram = histogramOf(values);
      const [widest, best] = (["min-max", "mse"] as const).map((method) => encodingOf(histogram, "i8", method));
      expect(measured(values, best!)).to.be.at.least(measured(values, widest!) - 0.1);
      expect(sqnr(histogram, best!)).to.be.closeTo(measured(values, best!), 0.5);
    }
  });

  it("of 16 bits have 48 dB more than of 8 bits", () => {
    const histogram = histogramOf(bell(0));
    const [narrow, wide] = (["i8", "i16"] as const).map((dtype) =>
      sqnr(histogram, encodingOf(histogram, dtype, "min-max")),
    );
    expect(wide! - narrow!).to.be.closeTo(48, 1);
  });
});
