import { expect } from "chai";
import fc from "fast-check";
import { OPERATORS } from "@orion/protocol/tensor";
import { runs } from "../../fuzz/tensor/runs.ts";
import { randomInputs, randomProgram } from "../../unit/tensor/random-program.ts";
import { BACKENDS, expectSame, expectSamePasses, openBackend, type CountingBackend } from "./compare.ts";

for (const name of BACKENDS) {
  describe(`random programs on ${name}`, () => {
    let backend: CountingBackend;
    before(async () => (backend = await openBackend(name)));
    after(() => backend.dispose());

    it("equal the reference in every element of every node, and reach every operator", async () => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer(), async (programSeed, inputSeed) => {
          const built = randomProgram(programSeed, 8);
          for (const { op } of built.program.nodes) seen.add(op);
          const inputs = randomInputs(built, inputSeed);
          await expectSame(backend, built, inputs, `program ${programSeed}`);
          await expectSamePasses(backend, built, inputs, `program ${programSeed}`);
        }),
        { numRuns: runs(200) },
      );
      expect(backend.counted.prepared).to.be.greaterThan(0);
      expect([...seen].sort()).to.deep.equal(Object.keys(OPERATORS).sort());
    }).timeout(60_000);
  });
}
