import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { expect } from "chai";

import { add, describeFailure, describeTally, NOTHING, takeTally, type Tally } from "../../../scripts/testing/tally.ts";

describe("the tally of a test run", () => {
  let folder: string;
  let file: string;
  const leave = (tally: Tally): Promise<void> => writeFile(file, JSON.stringify(tally));

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "orion-tally-"));
    file = path.join(folder, "tally.json");
  });
  after(() => rm(folder, { recursive: true }));

  it("adds up", () => {
    const first = { passed: 3, failed: 1, skipped: 0, failures: ["a: one"] };
    const second = { passed: 4, failed: 1, skipped: 2, failures: ["b: two"] };
    expect(add(first, second)).to.deep.equal({ passed: 7, failed: 2, skipped: 2, failures: ["a: one", "b: two"] });
  });

  it("reads as one line that mentions skipped tests only where there are any", () => {
    expect(describeTally({ ...NOTHING, passed: 7 })).to.equal("7 passed, 0 failed");
    expect(describeTally({ ...NOTHING, passed: 7, failed: 1, skipped: 2 })).to.equal("7 passed, 1 failed, 2 skipped");
  });

  it("is taken once", async () => {
    await leave({ ...NOTHING, passed: 2 });
    expect(await takeTally(file, 0)).to.deep.equal({ ...NOTHING, passed: 2 });
    expect(existsSync(file)).to.equal(false);
  });

  it("counts a runner that died without counting as one failure", async () => {
    const { failures, ...counted } = await takeTally(file, 0);
    expect(counted).to.deep.equal({ passed: 0, failed: 1, skipped: 0 });
    expect(failures).to.deep.equal(["the runner itself: ended with exit code 0"]);
  });

  it("counts a bad end without a counted failure as one failure", async () => {
    await leave({ ...NOTHING, passed: 2 });
    const { failures, ...counted } = await takeTally(file, 1);
    expect(counted).to.deep.equal({ passed: 2, failed: 1, skipped: 0 });
    expect(failures).to.deep.equal(["the runner itself: ended with exit code 1"]);
  });

  it("does not count a failing test twice", async () => {
    const tally = { passed: 2, failed: 1, skipped: 0, failures: ["a test: its reason"] };
    await leave(tally);
    expect(await takeTally(file, 1)).to.deep.equal(tally);
  });

  it("names each failed test in one line", () => {
    expect(describeFailure("a test", new Error("\n expected 1\n to equal 2"))).to.equal("a test: expected 1");
    expect(describeFailure("a test", { message: "of a process" })).to.equal("a test: of a process");
    expect(describeFailure("a test", undefined)).to.equal("a test: no reason given");
    expect(describeFailure("a test", new Error("x".repeat(1000)))).to.have.length.below(320);
  });
});
