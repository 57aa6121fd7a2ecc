import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { silentLogger } from "@orion/protocol/common";

import { Refusals, type Lasts } from "../../../worker/refusals.ts";

const job = (manifests: number): JobRecord =>
  ({ jobId: "0x01", manifests: Array.from({ length: manifests }, () => ({})) }) as unknown as JobRecord;

describe("refusals", () => {
  let now = 0;
  const refusals = (lasts: Lasts, unit?: number): Refusals => {
    const all = new Refusals({ now: () => now, sleep: () => Promise.resolve() }, silentLogger);
    all.add(job(1), unit, "because", lasts);
    return all;
  };

  it("of what the content is wrong with end when another manifest is published", () => {
    const all = refusals("until another manifest");
    now = 10 ** 12;
    expect(all.has(job(1))).to.equal(true);
    expect(all.has(job(2))).to.equal(false);
  });

  it("of what lies in the terms or the program last, whoever publishes what", () => {
    const all = refusals("for ever");
    now += 10 ** 12;
    expect([all.has(job(1)), all.has(job(2)), all.has(job(100))]).to.deep.equal([true, true, true]);
  });

  it("last as long as they should, whatever is done to the machine's date", () => {
    const clock = { now: () => date, steady: () => now, sleep: () => Promise.resolve() };
    let date = 10 ** 12;
    const all = new Refusals(clock, silentLogger);
    all.add(job(1), undefined, "because", 1_000);
    date += 3_600_000;
    expect(all.has(job(1))).to.equal(true);
    date -= 7_200_000;
    now += 1_000;
    expect(all.has(job(1))).to.equal(false);
  });

  it("of what may pass end after a time, and with another manifest", () => {
    const all = refusals(1_000, 3);
    expect([all.has(job(1), 3), all.has(job(1), 4), all.has(job(1)), all.has(job(2), 3)]).to.deep.equal([
      ...[true, false, false, false],
    ]);
    now += 1_000;
    expect(all.has(job(1), 3)).to.equal(false);
  });

  it("end after that time whatever is done to the machine's date", () => {
    let steady = 0;
    now = 10 ** 12;
    const clock = { now: () => now, steady: () => steady, sleep: () => Promise.resolve() };
    const all = new Refusals(clock, silentLogger);
    all.add(job(1), 3, "because", 1_000);
    now += 10 ** 9;
    expect(all.has(job(1), 3)).to.equal(true);
    now -= 2 * 10 ** 9;
    steady += 1_000;
    expect(all.has(job(1), 3)).to.equal(false);
  });
});
