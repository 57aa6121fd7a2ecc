import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import os from "node:os";
import path from "node:path";

import { expect } from "chai";

import { add, describeTally, NOTHING, takeTally, type Tally } from "../../../scripts/testing/tally.ts";

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
    const sum = add({ passed: 3, failed: 1, skipped: 0 }, { passed: 4, failed: 0, skipped: 2 });
    expect(sum).to.deep.equal({ passed: 7, failed: 1, skipped: 2 });
  });

  it("reads as one line that mentions skipped tests only where there are any", () => {
    expect(describeTally({ passed: 7, failed: 0, skipped: 0 })).to.equal("7 passed, 0 failed");
    expect(describeTally({ passed: 7, failed: 1, skipped: 2 })).to.equal("7 passed, 1 failed, 2 skipped");
  });

  it("is taken once", async () => {
    await leave({ passed: 2, failed: 0, skipped: 0 });
    expect(await takeTally(file, 0)).to.deep.equal({ passed: 2, failed: 0, skipped: 0 });
    expect(existsSync(file)).to.equal(false);
  });

  it("counts a runner that died without counting as one failure", async () => {
    expect(await takeTally(file, 0)).to.deep.equal({ ...NOTHING, failed: 1 });
  });

  it("counts a bad end without a counted failure as one failure", async () => {
    await leave({ passed: 2, failed: 0, skipped: 0 });
    expect(await takeTally(file, 1)).to.deep.equal({ passed: 2, failed: 1, skipped: 0 });
  });

  it("does not count a failing test twice", async () => {
    await leave({ passed: 2, failed: 1, skipped: 0 });
    expect(await takeTally(file, 1)).to.deep.equal({ passed: 2, failed: 1, skipped: 0 });
  });
});
