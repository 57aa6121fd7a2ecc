import { expect } from "chai";

import { returns } from "../../../../bench/market/figures.ts";
import type { Sample } from "../../../../bench/market/metrics.ts";
import { orionPath, demandAt, type Outside } from "../../../../bench/market/paths.ts";
import { Random } from "../../../../bench/market/random.ts";
import {
  correlation,
  divergence,
  mean,
  quantile,
  round,
  smooth,
  variance,
} from "../../../../bench/market/statistics.ts";

const OUTSIDE: Outside = {
  orionUsd: 2,
  volatility: 0.5,
  crash: { day: 10, hours: 24, left: 0.1 },
  shocks: [{ from: 3, to: 5, factor: 2 }],
  weekly: 0,
  yearly: 0,
};

describe("the market's statistics", () => {
  it("know means, variances, quantiles and correlations", () => {
    expect(mean([1, 2, 6])).to.equal(3);
    expect(mean([])).to.equal(0);
    expect(variance([1, 2, 3])).to.equal(1);
    expect(variance([5])).to.equal(0);
    expect(quantile([5, 1, 3], 0.5)).to.equal(3);
    expect(quantile([5, 1, 3], 1)).to.equal(5);
    expect(quantile([], 0.5)).to.equal(undefined);
    expect(correlation([1, 2, 3], [2, 4, 6])).to.be.closeTo(1, 1e-12);
    expect(correlation([1, 2, 3], [3, 2, 1])).to.be.closeTo(-1, 1e-12);
    expect(correlation([1, 2, 3], [7, 7, 7])).to.equal(0);
  });

  it("forget half in a half-life", () => {
    let value = 0;
    for (let i = 0; i < 10; i++) value = smooth(value, 1, 10);
    expect(value).to.be.closeTo(0.5, 1e-12);
  });

  it("lose 5.72% against holding when a price doubles or halves", () => {
    expect(divergence(2)).to.be.closeTo(-0.0572, 1e-4);
    expect(divergence(0.5)).to.be.closeTo(divergence(2), 1e-12);
    expect(divergence(1)).to.equal(0);
  });

  it("part a share's return into fees, divergence and mining", () => {
    const start = { day: 0, price: 1, shareOrion: 100, shareCu: 100, shareMined: 0 } as Sample;
    const end = { day: 10, price: 4, shareOrion: 202, shareCu: 50.5, shareMined: 10 } as Sample;
    const parts = returns(start, end);
    expect(parts.fees).to.be.closeTo(0.01, 1e-12);
    expect(parts.loss).to.be.closeTo(-0.2, 1e-12);
    expect(parts.mined).to.equal(0.05);
    expect(parts.days).to.equal(10);
  });

  it("round to significant digits", () => {
    expect(round(123_456.789, 4)).to.equal(123_500);
    expect(round(0.000_123_456, 3)).to.equal(0.000_123);
    expect(round(0)).to.equal(0);
  });
});

describe("the market's outside world", () => {
  it("is the same for the same seed and another for another", () => {
    expect([...orionPath(OUTSIDE, 500, 7)]).to.deep.equal([...orionPath(OUTSIDE, 500, 7)]);
    expect([...orionPath(OUTSIDE, 500, 7)]).not.to.deep.equal([...orionPath(OUTSIDE, 500, 8)]);
  });

  it("has a crash that leaves a tenth, spread over its hours", () => {
    const calm = orionPath({ ...OUTSIDE, crash: { ...OUTSIDE.crash, left: 1 } }, 300, 7);
    const crashed = orionPath(OUTSIDE, 300, 7);
    expect(crashed[240]! / calm[240]!).to.be.closeTo(1, 1e-9);
    expect(crashed[252]! / calm[252]!).to.be.closeTo(Math.sqrt(0.1), 1e-9);
    expect(crashed[264]! / calm[264]!).to.be.closeTo(0.1, 1e-9);
    expect(crashed[0]).to.equal(2);
  });

  it("has shocks of demand from their first day until their last", () => {
    expect([2, 3, 4, 5].map((day) => demandAt(OUTSIDE, day * 24))).to.deep.equal([1, 2, 2, 1]);
  });

  it("goes on with its random numbers where a copy of its state stood", () => {
    const random = new Random(5);
    random.normal();
    const copy = new Random(random.state);
    expect(copy.shuffled([1, 2, 3, 4, 5])).to.deep.equal(random.shuffled([1, 2, 3, 4, 5]));
    expect(random.shuffled([3, 1, 2]).sort()).to.deep.equal([1, 2, 3]);
    const many = Array.from({ length: 4_000 }, () => random.around(10, 0.3));
    expect(quantile(many, 0.5)).to.be.closeTo(10, 0.4);
  });
});
