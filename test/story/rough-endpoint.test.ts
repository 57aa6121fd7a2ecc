import { expect } from "chai";

import { silentLogger } from "@orion/protocol/common";
import { createBackend, type Backend } from "@orion/protocol/kernels";

import { runRoughEndpoint, type RoughOutcome } from "../support/chaos/rough-endpoint.ts";
import { startSite, type Site } from "../support/chaos/site.ts";
import { patient } from "../support/patience.ts";

/** In life this is twenty minutes; two hours of it run with `npm run chaos -- --endpoint`. */
const SECONDS = 1_200;
const PACE = 50;

describe("twenty minutes on an endpoint that limits, refuses, lags and stands still", function () {
  this.timeout(180_000);
  let site: Site;
  let backend: Backend;
  let outcome: RoughOutcome;

  before(async () => {
    backend = await createBackend({ mode: "webasm", log: silentLogger });
    site = await startSite();
    outcome = await runRoughEndpoint(site, backend, {
      seed: 1,
      seconds: SECONDS,
      jobs: 3,
      pace: (1_000 * PACE) / patient(1_000),
    });
  });
  after(async () => {
    await site.stop();
    await backend.dispose();
  });

  it("settles every job that was posted, with the right result and nobody paid twice", () => {
    expect(outcome.seconds).to.be.at.least(SECONDS);
    expect(outcome.jobs).to.equal(3);
    expect(outcome.faults).to.deep.equal([]);
  });

  it("refuses many requests, and is noticed where the chain stands still", () => {
    expect(outcome.throttled).to.be.greaterThan(50);
    for (const [name, log] of Object.entries(outcome.logs)) expect(log, name).to.include("stands still at block");
  });
});
