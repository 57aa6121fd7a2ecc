import { expect } from "chai";

import { againstArrows, findCycles } from "./support/graph.ts";
import { solidityImports } from "./support/solidity-imports.ts";

const SHARED = ["contracts/types", "contracts/libraries", "contracts/interfaces", "contracts/base"];

/** Areas import each other only through interfaces; nobody imports governance or the mocks. */
const ARROWS: Record<string, readonly string[]> = {
  "contracts/types": [],
  "contracts/libraries": ["contracts/types"],
  "contracts/interfaces": ["contracts/types"],
  "contracts/base": ["contracts/types", "contracts/libraries", "contracts/interfaces"],
  "contracts/token": SHARED,
  "contracts/registry": SHARED,
  "contracts/credits": SHARED,
  "contracts/market": SHARED,
  "contracts/dispute": SHARED,
  "contracts/vm": SHARED,
  "contracts/exchange": SHARED,
  "contracts/chainlink": SHARED,
  "contracts/governance": SHARED,
};

/** Which packages an area may use; one that is not named here may use OpenZeppelin. */
const PACKAGES: Record<string, RegExp> = {
  "contracts/types": /^(?!)/,
  "contracts/chainlink": /^@(openzeppelin|chainlink)\/contracts\//,
};
const OPENZEPPELIN = /^@openzeppelin\/contracts\//;

describe("the contracts' imports", () => {
  const imports = solidityImports();
  const ours = imports.filter(({ from }) => !from.startsWith("contracts/mocks/"));

  it("were found", () => {
    expect(imports).not.to.be.empty;
  });

  it("stand in a known area", () => {
    const unknown = ours.filter(({ from }) => !Object.keys(ARROWS).some((area) => from.startsWith(`${area}/`)));
    expect(unknown.map(({ from }) => from)).to.deep.equal([]);
  });

  it("follow the arrows", () => {
    expect(againstArrows(ours, ARROWS)).to.deep.equal([]);
  });

  it("take from packages only what the area may use", () => {
    const wrong = ours.filter(({ from, to, specifier }) => {
      const area = from.split("/").slice(0, 2).join("/");
      return to === undefined && !(PACKAGES[area] ?? OPENZEPPELIN).test(specifier);
    });
    expect(wrong).to.deep.equal([]);
  });

  it("form no cycle", () => {
    expect(findCycles(imports)).to.deep.equal([]);
  });
});
