import { execFileSync } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { OrionError } from "@orion/protocol/common";

import { writeWhole } from "../../../cli/core/write-file.ts";

const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("writeWhole", () => {
  let folder: string;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-write-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("makes folders, replaces what is there, and leaves nothing else", async () => {
    await writeWhole(at("a/b"), "one");
    await writeWhole(at("a/b"), "two");
    expect(await readFile(at("a/b"), "utf8")).to.equal("two");
    expect(await readdir(at("a"))).to.deep.equal(["b"]);
  });

  it("replaces the file that a link leads to, and keeps the link", async () => {
    await writeFile(at("file"), "one");
    await symlink(at("file"), at("link"));
    await writeWhole(at("link"), "two");
    expect(await readFile(at("file"), "utf8")).to.equal("two");
    expect((await lstat(at("link"))).isSymbolicLink()).to.equal(true);
  });

  it("writes into a pipe, which stays one", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    const [text] = await Promise.all([readFile(at("pipe"), "utf8"), writeWhole(at("pipe"), "result")]);
    expect(text).to.equal("result");
    expect((await lstat(at("pipe"))).isFIFO()).to.equal(true);
  });

  it("says that a device has no room, and leaves it a device", async () => {
    const error = await failureOf(writeWhole("/dev/full", "result"));
    expect(error).to.be.instanceOf(OrionError);
    expect((error as OrionError).message).to.match(/cannot write \/dev\/full: the disk is full/);
    expect((await lstat("/dev/full")).isCharacterDevice()).to.equal(true);
  });

  it("replaces nothing where a new file is wanted, and no folder ever", async () => {
    await writeFile(at("file"), "one");
    expect(((await failureOf(writeWhole(at("file"), "two", { isNew: true }))) as OrionError).message).to.match(
      /exists already/,
    );
    expect(((await failureOf(writeWhole(folder, "two"))) as OrionError).message).to.match(/cannot write/);
    expect(await readFile(at("file"), "utf8")).to.equal("one");
  });
});
