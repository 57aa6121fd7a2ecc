import { expect } from "chai";

import { gridType, quantizeAs, quantizeWeights } from "../../../../protocol/models/quantize/weights.ts";

describe("weights", () => {
  it("have a scale per channel in which the largest is the largest stored value", () => {
    const { data, scales } = quantizeWeights(Float64Array.of(1, -2, 0.5, 0, 0, 0), 2, "i8");
    expect([...data]).to.deep.equal([64, -127, 32, 0, 0, 0]);
    expect(scales[0]).to.equal(2 / 127);
    expect(scales[1]).to.be.greaterThan(0);
  });

  it("of 16 bits are closer", () => {
    const weights = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i));
    const worst = (dtype: "i8" | "i16"): number => {
      const { data, scales } = quantizeWeights(weights, 1, dtype);
      return Math.max(...weights.map((weight, i) => Math.abs(weight - scales[0]! * data[i]!)));
    };
    expect(worst("i16")).to.be.below(worst("i8") / 200);
  });

  it("that were integers once get them back, and their scale", () => {
    const scale = Math.fround(0.0123);
    const integers = [3, -100, 7, 0, 55, -1];
    const once = quantizeWeights(
      Float64Array.from(integers, (value) => Math.fround(value * scale)),
      1,
      "i8",
    );
    expect([...once.data]).to.deep.equal(integers);
    expect(once.scales[0]).to.equal(scale);
    const spans = Float64Array.of(0, 255, -130, 17, 0, 0, 0, 0);
    expect(gridType(spans, 2)).to.equal("i16");
    expect(gridType(Float64Array.from(integers), 1)).to.equal("i8");
    expect(
      gridType(
        Float64Array.from({ length: 20 }, (_, i) => Math.sin(i)),
        1,
      ),
    ).to.equal(undefined);
  });

  it("are wider where an outlier leaves 8 bits too coarse", () => {
    const even = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i * i));
    const type = (weights: Float64Array): string => quantizeAs("auto", weights, 1, () => 0).dtype;
    expect(type(even)).to.equal("i8");
    expect(type(Float64Array.of(20, ...even))).to.equal("i16");
    expect(quantizeAs("i8", Float64Array.of(20, ...even), 1, () => 0).dtype).to.equal("i8");
  });

  it("give up precision where a bias needs a larger scale", () => {
    const { data, scales } = quantizeWeights(Float64Array.of(1, -2), 1, "i8", () => 1);
    expect([...data, scales[0]]).to.deep.equal([1, -2, 1]);
  });
});
