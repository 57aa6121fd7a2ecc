import { expect } from "chai";
import { id } from "ethers";

import { isSampled } from "../../../keepers/validator/sampling.ts";

const KEYS = Array.from({ length: 2_000 }, (_, i) => id(`claim ${i}`));
const chosen = (secret: string, rate: number): string[] => KEYS.filter((key) => isSampled(id(secret), key, rate));

describe("the sample of claims that a validator recomputes", () => {
  it("is all of them at rate 1, and about its share below", () => {
    expect(chosen("a", 1)).to.have.length(KEYS.length);
    expect(chosen("a", 0.2).length / KEYS.length).to.be.closeTo(0.2, 0.04);
    expect(chosen("a", 0)).to.deep.equal([]);
  });

  it("grows with the rate, stays the same over restarts, and is another one for every secret", () => {
    expect(chosen("a", 0.5)).to.include.members(chosen("a", 0.2));
    expect(chosen("a", 0.2)).to.deep.equal(chosen("a", 0.2));
    const mine = new Set(chosen("a", 0.2));
    const both = chosen("b", 0.2).filter((key) => mine.has(key));
    expect(both.length / KEYS.length).to.be.closeTo(0.04, 0.02);
  });
});
