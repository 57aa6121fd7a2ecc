import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { ownFiles, root } from "./support/files.ts";

const MAX_LINES = 500;
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

interface LockEntry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly integrity?: string;
}

describe("the repository", () => {
  it("has no hand-written source of more than 500 lines", () => {
    const sources = ownFiles("**/*.{ts,mjs,sol}");
    expect(sources).not.to.be.empty;
    const long = sources.map((file) => ({ file, lines: read(file).split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > MAX_LINES)).to.deep.equal([]);
  });

  it("refers to no path of a particular machine", () => {
    // A home or mount point followed by a name, as it stands in a text or a string.
    const machinePath = /(?:^|[\s"'`(=[])(?:file:\/\/)?(?:\/(?:home|root|work|Users|mnt)\/\w|[A-Z]:\\Users\\)/m;
    const texts = ownFiles("{*,.*,.ci/*,**/*.{ts,mjs,sol,json,md,sh,yml,yaml}}");
    expect(["package.json", ".ci/run"].filter((file) => !texts.includes(file))).to.deep.equal([]);
    expect(texts.filter((file) => machinePath.test(read(file)))).to.deep.equal([]);
  });

  it("locks every package by its hash and none to a registry's address", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockEntry> };
    const installed = Object.entries(packages).filter(
      ([name, { link }]) => name.includes("node_modules/") && link !== true,
    );
    expect(installed).not.to.be.empty;
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([name]) => name)).to.deep.equal([]);
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([name]) => name)).to.deep.equal([]);
  });

  it("pins every dependency to one version", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string> | undefined>;
    const ranges = ["dependencies", "devDependencies", "optionalDependencies"]
      .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
      .filter(([, version]) => !/^(npm:[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(Object.keys(manifest.dependencies ?? {})).not.to.be.empty;
    expect(ranges).to.deep.equal([]);
  });

  it("has the file behind every npm script and program", () => {
    const { scripts, bin } = JSON.parse(read("package.json")) as Record<"scripts" | "bin", Record<string, string>>;
    const named = Object.values(scripts).flatMap((script) => /^node (\S+)/.exec(script)?.[1] ?? []);
    const missing = [...named, ...Object.values(bin)].filter((file) => !existsSync(path.join(root, file)));
    expect(missing).to.deep.equal([]);
  });

  it("keeps the Hardhat configuration within 120 lines", () => {
    expect(read("hardhat.config.ts").split("\n").length).to.be.at.most(121);
  });
});
