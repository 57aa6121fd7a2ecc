import { expect } from "chai";

import { silentLogger } from "@orion/protocol/common";
import { createBackend, type Backend } from "@orion/protocol/kernels";

import { playAttacks } from "../support/attacks/play-attacks.ts";
import { startSite, type Site } from "../support/chaos/site.ts";

/** A liar with a friend, hostile demands and time-outs, an abandoned claim and decoys, all at once. */
const SEED = 5;

describe("the default worker and validator under known attacks, by seed", function () {
  this.timeout(300_000);
  let site: Site;
  let backend: Backend;

  before(async () => {
    backend = await createBackend({ mode: "webasm", log: silentLogger });
    site = await startSite();
  });
  after(async () => {
    await site.stop();
    await backend.dispose();
  });

  it(`lose no honest lock, let no wrong claim be paid, and everything settles after seed ${String(SEED)}`, async () => {
    const { tricks, penalties } = await playAttacks(site, backend, SEED);
    expect(tricks).to.include.members(["lie", "flood", "befriend", "hurry", "decoy"]);
    expect(penalties).to.be.greaterThan(0);
  });
});
