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

  it("is that of a search of one day's observations at most, however long the pool has been thin", () => {
    expect(figure("mint, pool thin for three hours")).to.be.lessThan(figure("mint, price live") * 1.05);
    expect(figure("mint, pool thin for a week")).to.be.lessThan(450_000);
  });
});
