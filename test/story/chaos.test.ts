import { expect } from "chai";

import { silentLogger } from "@orion/protocol/common";
import { createBackend, type Backend } from "@orion/protocol/kernels";

import { insideArena } from "../support/chaos/arenas.ts";
import { runSeed, type SeedOutcome } from "../support/chaos/run-seed.ts";
import { startSite, type Site } from "../support/chaos/site.ts";

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
/** Networks side by side: one computes while the other waits. */
const SITES = 2;

describe("whole networks with faults on every way and kills, by seeds", function () {
  this.timeout(400_000);
  const outcomes = new Map<number, SeedOutcome>();
  let sites: Site[] = [];
  let backend: Backend;

  before(async () => {
    backend = await createBackend({ mode: "webasm", log: silentLogger });
    sites = await Promise.all(Array.from({ length: SITES }, () => startSite()));
    const left = [...SEEDS];
    const runOn = async (site: Site): Promise<void> => {
      const arena = insideArena(site, backend);
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
        outcomes.set(seed, await runSeed(arena, seed));
      }
    };
    await Promise.all(sites.map(runOn));
  });
  after(async () => {
    await Promise.all(sites.map((site) => site.stop()));
    await backend.dispose();
  });

  for (const seed of SEEDS) {
    it(`settle everything once and rightly after seed ${String(seed)}`, () => {
      const outcome = outcomes.get(seed);
      const again = `npm run chaos -- --inside --from ${String(seed)} --count 1; logs in ${outcome?.dir ?? "no folder"}`;
      expect(outcome?.faults, again).to.deep.equal([]);
    });
  }
});
