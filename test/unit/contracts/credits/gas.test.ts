import { expect } from "chai";

import { CREDITS_TARGETS, measureCreditsGas, readCreditsGas, type CreditsGas } from "../../../../bench/credits-gas.ts";

/** A figure may move by this part before somebody has to look at it. What the exchange's views cost is in it. */
const TOLERANCE = 0.03;

describe("The credits' gas", function () {
  this.timeout(60_000);
  let gas: CreditsGas;

  before(async () => {
    gas = await measureCreditsGas();
  });

  it("is what the snapshot says (`credits-gas` of the benches writes a new one)", async () => {
    const snapshot = await readCreditsGas();
    expect(Object.keys(gas)).to.have.members(Object.keys(snapshot));
    const moved = Object.entries(gas).filter(([name, now]) => {
      const before = snapshot[name] ?? 0;
      return Math.abs(now - before) > before * TOLERANCE;
    });
    expect(moved).to.deep.equal([]);
  });

  it("is within its bounds", () => {
    const above = Object.entries(CREDITS_TARGETS).filter(([name, most]) => (gas[name] ?? Infinity) > most);
    expect(above).to.deep.equal([]);
  });

  it("is that of no long search unless the pool has been thin for long, and then below 1.5 million", () => {
    const figure = (name: string): number => gas[name] ?? NaN;
    expect(figure("mint, pool thin for an hour")).to.be.lessThan(figure("mint, price live") * 1.05);
    expect(figure("mint, pool thin for a week")).to.be.lessThan(1_500_000);
  });
});
