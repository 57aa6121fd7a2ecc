import { expect } from "chai";

import { MINING_TARGETS, measureMiningGas, readMiningGas } from "../../../../bench/mining-gas.ts";
import { itKeepsItsGas } from "../../../support/gas-snapshot.ts";

describe("The gas of liquidity mining and of buying and posting", function () {
  this.timeout(60_000);

  const figure = itKeepsItsGas({
    measure: measureMiningGas,
    snapshot: readMiningGas,
    bounds: MINING_TARGETS,
    strictly: true,
    tolerance: 0.01,
    bench: "mining-gas",
    within: "is below MasterChef's for a deposit and a harvest",
  });

  it("is less for buying and posting at once than for a swap, an approval and a post", () => {
    expect(figure("buy and post")).to.be.lessThan(figure("swap, approve and post, three transactions"));
  });
});
