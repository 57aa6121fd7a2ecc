import { expect } from "chai";

import { CREDITS_TARGETS, measureCreditsGas, readCreditsGas } from "../../../../bench/credits-gas.ts";
import { itKeepsItsGas } from "../../../support/gas-snapshot.ts";

describe("The credits' gas", function () {
  this.timeout(60_000);

  const figure = itKeepsItsGas({
    measure: measureCreditsGas,
    snapshot: readCreditsGas,
    bounds: CREDITS_TARGETS,
    // What the exchange's views cost is in it.
    tolerance: 0.03,
    bench: "credits-gas",
    within: "is within its bounds",
  });

  it("is that of no long search unless the pool has been thin for long, and then below 1.5 million", () => {
    expect(figure("mint, pool thin for an hour")).to.be.lessThan(figure("mint, price live") * 1.05);
    expect(figure("mint, pool thin for a week")).to.be.lessThan(1_500_000);
  });
});
