import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { MUTANTS } from "../../../scripts/mutants/list.ts";
import { mutated } from "../../../scripts/mutants/mutant.ts";
import { root } from "../../../scripts/support/root.ts";

describe("the mutants", () => {
  it("fit the code as it is, and name tests that are there", () => {
    for (const mutant of MUTANTS) {
      const text = readFileSync(path.join(root, mutant.file), "utf8");
      expect(mutated(mutant, text)).not.to.equal(text);
      expect(mutant.tests.filter((file) => !existsSync(path.join(root, file)))).to.deep.equal([]);
    }
  });

  it("have names of their own", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names).to.deep.equal([...new Set(names)]);
  });
});
