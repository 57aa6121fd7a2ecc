import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { loadParameters } from "@orion/deploy";
import { CREDIT } from "@orion/protocol/common";

import { ECONOMICS_PAGE } from "../../../scripts/economics.ts";
import { deriveEconomics, type DerivedName } from "../../../scripts/economics/derive.ts";
import { economicsPage } from "../../../scripts/economics/page.ts";

describe("the economics of the mainnet", () => {
  const economics = deriveEconomics();

  it("are what docs/ECONOMICS.md says", async () => {
    expect(await readFile(ECONOMICS_PAGE, "utf8")).to.equal(economicsPage(economics));
  });

  it("are the parameters of the mainnet", async () => {
    const { Orion } = await loadParameters("mainnet");
    for (const name of Object.keys(economics.parameters) as DerivedName[]) {
      expect(Orion[name], name).to.equal(economics.parameters[name]);
    }
  });

  it("fit together: the seed is deep and below the cap, bounds do not cross, the floor stays below the price", () => {
    const p = economics.parameters;
    expect(p.seedOrion).to.be.above(p.creditsMinDepth);
    expect(p.seedCredits).to.be.below(p.creditsBootstrapCap);
    expect(p.creditsBootstrapCap).to.be.below(p.creditsCap);
    expect(p.lowestCollateral).to.be.below(p.highestCollateral);
    expect(p.creditsFloor).to.be.below((2n * p.seedOrion * CREDIT) / p.seedCredits);
    // A CU is about an hour of the reference machine.
    expect(economics.rows[0]?.hoursPerCredit).to.be.within(0.5, 2);
  });
});
