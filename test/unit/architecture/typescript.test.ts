import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";

import { expect } from "chai";

import { ownFiles, root } from "./support/files.ts";
import { againstArrows, areaOf, findCycles } from "./support/graph.ts";
import { dangling, typescriptImports, usesOfGlobals } from "./support/typescript-imports.ts";

const PROTOCOL = [
  "protocol/common",
  "protocol/tensor",
  "protocol/kernels",
  "protocol/storage",
  "protocol/chain",
  "protocol/jobs",
  "protocol/disputes",
  "protocol/challenge",
  "protocol/exchange",
  "protocol/query",
  "protocol/models",
] as const;
const CHAIN_ASSERTIONS = "@nomicfoundation/hardhat-toolbox-mocha-ethers";
const SERVICES = ["worker", "keepers"] as const;

/** Who may import whom; tests, benches and scripts may import everything and are imported by nobody. */
const ARROWS: Record<string, readonly string[]> = {
  "protocol/common": [],
  "protocol/tensor": ["protocol/common"],
  "protocol/kernels": ["protocol/tensor", "protocol/common"],
  "protocol/storage": ["protocol/common"],
  "protocol/chain": ["protocol/common"],
  // What the services agree on about a job's documents: it names tensors, contents and terms.
  "protocol/jobs": ["protocol/tensor", "protocol/kernels", "protocol/storage", "protocol/chain", "protocol/common"],
  // How a wrong claim is found and pinned down, from chain and one's own computation.
  "protocol/disputes": ["protocol/tensor", "protocol/chain", "protocol/common"],
  // What validators and workers do against a wrong claim: recompute, demand, prove, have the lock taken.
  "protocol/challenge": [
    "protocol/disputes",
    "protocol/jobs",
    "protocol/tensor",
    "protocol/storage",
    "protocol/chain",
    "protocol/common",
  ],
  // What trades and deposits come to, and where the exchange stands.
  "protocol/exchange": ["protocol/chain", "protocol/common"],
  // Asks an index about everything that happened; needs no chain.
  "protocol/query": ["protocol/common"],
  // Reads models that others wrote and compiles them to tensor programs; needs no device and no chain.
  "protocol/models": ["protocol/tensor", "protocol/common"],
  worker: PROTOCOL,
  keepers: PROTOCOL,
  deploy: [...PROTOCOL, "hardhat.config.ts"],
  // Its mappings are AssemblyScript, a language of their own that imports nothing of ours.
  subgraph: PROTOCOL,
  examples: PROTOCOL,
  web: PROTOCOL,
  // `orion devnet` compiles the contracts if need be.
  cli: [...PROTOCOL, ...SERVICES, "deploy", "subgraph", "scripts/compile.ts", "scripts/support"],
};

/** Code that runs unchanged in a browser tab: no file system, no network, nothing of Node. */
const PORTABLE = ["protocol/tensor", "protocol/kernels", "protocol/models"];
/** Node's own replacements for portable parts; the portable files cannot reach them. */
const isForNode = (file: string): boolean => file.endsWith("-node.ts") || file === "protocol/kernels/node.ts";
const isPortable = (file: string): boolean => !isForNode(file) && PORTABLE.some((area) => file.startsWith(`${area}/`));
const NOT_PORTABLE = new Set(["process", "Buffer", "fetch", "XMLHttpRequest", "WebSocket", "__dirname"]);
const BUILTINS = new Set(builtinModules);

describe("the TypeScript modules' imports", () => {
  const imports = typescriptImports();

  it("were found", () => {
    expect(imports.length).to.be.greaterThan(100);
  });

  it("name files that exist", () => {
    expect(dangling(imports)).to.deep.equal([]);
  });

  it("stand in a known area", () => {
    const unbound = new Set(["test", "bench", "scripts"]);
    const unknown = imports
      .map(({ from }) => from)
      .filter((file) => file.includes("/") && !unbound.has(file.split("/")[0] ?? ""))
      .filter((file) => areaOf(file, Object.keys(ARROWS)) === undefined);
    expect(unknown).to.deep.equal([]);
  });

  it("follow the arrows", () => {
    // A manifest or a parameter file is data: it knows nobody, so reading one makes nothing depend on an upper floor.
    const modules = imports.filter(({ to }) => to?.endsWith(".json") !== true);
    expect(againstArrows(modules, ARROWS)).to.deep.equal([]);
  });

  it("form no cycle", () => {
    expect(findCycles(imports)).to.deep.equal([]);
  });

  it("bring the chain's assertions, which change numbers for all tests beside them, only to tests that run apart", () => {
    const withChain = imports.filter(({ specifier }) => specifier === CHAIN_ASSERTIONS).map(({ from }) => from);
    const apart =
      /^test\/(?:(?:unit|vectors|fuzz|differential)\/(?:contracts|vm)|invariant|integration|story|support)\//;
    const importers = imports.filter(({ from, to }) => !apart.test(from) && to !== undefined && withChain.includes(to));
    expect(withChain).not.to.be.empty;
    const found = [...withChain, ...importers.map(({ from }) => from)];
    expect(found.filter((file) => file.startsWith("test/") && !apart.test(file))).to.deep.equal([]);
  });

  it("enter another package only by its public face", () => {
    const packageOf = (file: string): string => file.split("/")[0] ?? "";
    const packages = new Set(Object.keys(ARROWS).map(packageOf));
    const intruding = imports.filter(
      ({ from, to, specifier }) =>
        to !== undefined &&
        specifier.startsWith(".") &&
        packages.has(packageOf(from)) &&
        packages.has(packageOf(to)) &&
        packageOf(from) !== packageOf(to),
    );
    expect(intruding).to.deep.equal([]);
  });

  it("bring nothing of Node into the portable packages", () => {
    const isBuiltin = (specifier: string): boolean => specifier.startsWith("node:") || BUILTINS.has(specifier);
    const isNodes = (file: string | undefined): boolean => file !== undefined && isForNode(file);
    const wrong = imports.filter(
      ({ from, to, specifier }) => isPortable(from) && (isBuiltin(specifier) || isNodes(to)),
    );
    expect(wrong).to.deep.equal([]);
  });
});

describe("the machine's date", () => {
  it("measures no duration: somebody may set it at any time", () => {
    /** Who needs the date itself. */
    const dated = new Set([
      "protocol/common/clock.ts",
      // How old a block is.
      "protocol/chain/head-watch.ts",
      "cli/devnet/hardhat.config.ts",
      "cli/devnet/past.ts",
    ]);
    const files = ["protocol", "worker", "keepers", "cli"].flatMap((area) => ownFiles(`${area}/**/*.ts`));
    const users = files.filter((file) =>
      /\bDate\.now\(|[cC]lock\.now\(/.test(readFileSync(path.join(root, file), "utf8")),
    );
    expect(users.filter((file) => !dated.has(file))).to.deep.equal([]);
    expect([...dated].filter((file) => !users.includes(file))).to.deep.equal([]);
  });
});

describe("the portable packages", () => {
  it("use no global of Node and no network", () => {
    const files = PORTABLE.flatMap((area) => ownFiles(`${area}/**/*.ts`)).filter(isPortable);
    expect(files).not.to.be.empty;
    expect(files.flatMap((file) => usesOfGlobals(file, NOT_PORTABLE))).to.deep.equal([]);
  });
});
