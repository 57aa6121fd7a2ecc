import { expect } from "chai";

import { quantizeWeights } from "../../../../protocol/models/quantize/weights.ts";

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

  it("give up precision where a bias needs a larger scale", () => {
    const { data, scales } = quantizeWeights(Float64Array.of(1, -2), 1, "i8", () => 1);
    expect([...data, scales[0]]).to.deep.equal([1, -2, 1]);
  });
});
