import { expect } from "chai";

import { MINING_TARGETS, measureMiningGas, readMiningGas, type MiningGas } from "../../../../bench/mining-gas.ts";

/** A figure may move by this part before somebody has to look at it. */
const TOLERANCE = 0.01;

describe("The gas of liquidity mining and of buying and posting", function () {
  this.timeout(60_000);
  let gas: MiningGas;

  before(async () => {
    gas = await measureMiningGas();
  });

  it("is what the snapshot says (`mining-gas` of the benches writes a new one)", async () => {
    const snapshot = await readMiningGas();
    expect(Object.keys(gas)).to.have.members(Object.keys(snapshot));
    const moved = Object.entries(gas).filter(([name, now]) => {
      const before = snapshot[name] ?? 0;
      return Math.abs(now - before) > before * TOLERANCE;
    });
    expect(moved).to.deep.equal([]);
  });

  it("is below MasterChef's for a deposit and a harvest", () => {
    const above = Object.entries(MINING_TARGETS).filter(([name, bound]) => (gas[name] ?? Infinity) >= bound);
    expect(above).to.deep.equal([]);
  });

  it("is less for buying and posting at once than for a swap, an approval and a post", () => {
    const apart = gas["swap, approve and post, three transactions"] ?? NaN;
    expect(gas["buy and post"]).to.be.lessThan(apart);
  });
});
