import { expect } from "chai";
import Mocha from "mocha";

import { makePatient } from "../../../scripts/testing/make-patient.ts";
import { findGroups } from "../../../scripts/testing/groups.ts";
import { measurePatience, PATIENCE, patienceFor, patienceNow, patienceOf } from "../../../scripts/testing/patience.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a test under a factor, which takes the place of this run's own; gives its error. */
function outcome(
  factor: number,
  limit: number,
  body: (test: Mocha.Runnable) => Promise<void>,
): Promise<Error | undefined> {
  class Patient extends Mocha.Runnable {}
  makePatient(Patient.prototype, () => factor);
  const test: Mocha.Runnable = new Patient("a test", () => body(test));
  test.timeout(limit);
  return new Promise((resolve) => test.run((error?: Error) => resolve(error)));
}

/** The limit that a test went over, in milliseconds. */
const limitOf = (error: Error | undefined): number => Number(/^Timeout of ([\d.]+)ms/.exec(error?.message ?? "")?.[1]);

describe("the patience of a test run", () => {
  it("is the slower of speed and load, at least 1 and at most 8", () => {
    expect(patienceFor(1, 0)).to.equal(1);
    expect(patienceFor(60, 1)).to.equal(1);
    expect(patienceFor(150, 1)).to.equal(2.5);
    expect(patienceFor(60, 3.2)).to.equal(3.2);
    expect(patienceFor(1e9, 1)).to.equal(8);
    expect(patienceFor(1, 500)).to.equal(8);
    expect(measurePatience()).to.be.within(1, 8);
  });

  it("passes to processes within the same bounds, and is 1 where nobody measured", () => {
    expect(patienceOf({})).to.equal(1);
    expect(patienceOf({ [PATIENCE]: "3.5" })).to.equal(3.5);
    for (const [given, read] of [
      ["0.1", 1],
      ["-4", 1],
      ["100", 8],
      ["Infinity", 1],
      ["soon", 1],
    ] as const) {
      expect(patienceOf({ [PATIENCE]: given }), given).to.equal(read);
    }
  });

  it("grows with what the machine does meanwhile, and never falls below the run's own", () => {
    const env = { [PATIENCE]: "2" };
    expect(patienceNow(env, 0.5)).to.equal(2);
    expect(patienceNow(env, 6)).to.equal(6);
    expect(patienceNow(env, 60)).to.equal(8);
  });

  it("lets a test take its limit times the factor, and no longer", async () => {
    const late = (): Promise<void> => sleep(150);
    expect(limitOf(await outcome(1, 50, late))).to.be.closeTo(50, 0.01);
    expect(await outcome(100, 50, late)).to.equal(undefined);
    expect(limitOf(await outcome(2, 20, late))).to.be.closeTo(40, 0.01);
    expect(await outcome(2, 0, late)).to.equal(undefined);
  });

  it("counts for limits that a test sets while it runs, and once for those set before", async () => {
    const own = async (test: Mocha.Runnable): Promise<void> => {
      test.timeout(10);
      await sleep(100);
    };
    expect(limitOf(await outcome(3, 60_000, own))).to.be.closeTo(30, 0.01);
    expect(await outcome(100, 60_000, own)).to.equal(undefined);
  });

  it("gives groups more time, and leaves the tests' own limits to where they run", async () => {
    const filters = ["unit/scripts/patience"];
    const [free] = await findGroups(filters, 1, 1);
    const [busy] = await findGroups(filters, 1, 4);
    expect(busy?.groupTimeoutSeconds).to.equal(4 * (free?.groupTimeoutSeconds ?? 0));
    expect(busy?.testTimeoutSeconds).to.equal(free?.testTimeoutSeconds);
  });
});
