import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { ConfigurationError } from "@orion/protocol/common";

import { requireReplaceable } from "../../../cli/core/replaceable-folder.ts";

describe("a folder that is about to be emptied", () => {
  let folder: string;
  const check = (name = ""): Promise<unknown> =>
    requireReplaceable(path.join(folder, name), ["build", "state.json"], "--out").then(
      () => undefined,
      (error: unknown) => error,
    );

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-folder-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("may be missing, empty, or hold what was written before, whole or in part", async () => {
    expect(await check("missing")).to.equal(undefined);
    expect(await check()).to.equal(undefined);
    await mkdir(path.join(folder, "build"));
    await writeFile(path.join(folder, "state.json.0123456789ab.tmp"), "{");
    expect(await check()).to.equal(undefined);
  });

  it("may hold nothing else, and be no file", async () => {
    await writeFile(path.join(folder, "thesis.txt"), "");
    const error = await check();
    expect(error).to.be.instanceOf(ConfigurationError);
    expect((error as ConfigurationError).message).to.include("thesis.txt");
    expect(await check("thesis.txt")).to.be.instanceOf(ConfigurationError);
  });
});
