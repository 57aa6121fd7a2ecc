import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { contractInterface, type NetworkFile } from "@orion/protocol/chain";

import { graphCli } from "./graph-cli.ts";
import { renderManifest, SUBGRAPH_CONTRACTS, type Pruning } from "./manifest.ts";

export interface SubgraphOptions {
  readonly network: NetworkFile;
  /** Folder that becomes the subgraph: everything in it belongs to this function. */
  readonly outDir: string;
  /** History kept for queries at an earlier block; all of it when left out. */
  readonly prune?: Pruning;
  readonly signal?: AbortSignal;
  readonly onStep?: (label: string) => void;
}

export interface PreparedSubgraph {
  /** The folder with `subgraph.yaml` and, under `build/`, what a graph node runs. */
  readonly dir: string;
  /** Whether everything was there already, from an earlier call for the same network and sources. */
  readonly reused: boolean;
}

const SOURCE = fileURLToPath(new URL(".", import.meta.url));
const TEMPLATE = "subgraph.template.yaml";
const COPIED = ["schema.graphql", "mappings"] as const;
const STAMP = "prepared.sha256";

/**
 * Makes the subgraph of one network: manifest, ABIs of the compiled contracts, generated types, and the build. A second call for the same
 * network returns at once.
 * @throws SubgraphError when a tool refuses, ConfigurationError when the contracts are not compiled
 */
export async function prepareSubgraph(options: SubgraphOptions): Promise<PreparedSubgraph> {
  const dir = path.resolve(options.outDir);
  const template = await readFile(path.join(SOURCE, TEMPLATE), "utf8");
  const manifest = renderManifest(template, options.network, options.prune ?? "never");
  const wanted = await fingerprint(manifest);
  const stamp = path.join(dir, STAMP);
  if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return { dir, reused: true };
  await rm(dir, { recursive: true, force: true });
  await writeSources(dir, manifest);
  const cli = async (label: string, args: readonly string[]): Promise<void> => {
    options.onStep?.(label);
    await graphCli(dir, args, options.signal);
  };
  await cli("generating the subgraph's types", ["codegen", "--output-dir", "generated"]);
  await cli("building the subgraph", ["build", "--output-dir", "build"]);
  await writeFile(stamp, wanted);
  return { dir, reused: false };
}

const abiOf = (name: (typeof SUBGRAPH_CONTRACTS)[number]): string => contractInterface(name).formatJson();

async function writeSources(dir: string, manifest: string): Promise<void> {
  await mkdir(path.join(dir, "abis"), { recursive: true });
  await writeFile(path.join(dir, "subgraph.yaml"), manifest);
  for (const name of SUBGRAPH_CONTRACTS) await writeFile(path.join(dir, "abis", `${name}.json`), abiOf(name));
  for (const entry of COPIED) await cp(path.join(SOURCE, entry), path.join(dir, entry), { recursive: true });
  // The compiler looks for the library in folders above the manifest, and this one may lie anywhere.
  await symlink(librariesFolder(), path.join(dir, "node_modules"));
}

/** The node_modules folder that holds graph-ts. */
function librariesFolder(): string {
  const manifest = createRequire(import.meta.url).resolve("@graphprotocol/graph-ts/package.json");
  return path.resolve(path.dirname(manifest), "../..");
}

/** Everything that the build depends on: manifest, ABIs, schema and mappings. */
async function fingerprint(manifest: string): Promise<string> {
  const hash = createHash("sha256").update(manifest);
  for (const name of SUBGRAPH_CONTRACTS) hash.update(abiOf(name));
  for (const file of await sources()) {
    hash.update(`${file}\0`).update(await readFile(path.join(SOURCE, file)));
  }
  return hash.digest("hex");
}

async function sources(): Promise<string[]> {
  const mappings = await readdir(path.join(SOURCE, "mappings"), { recursive: true, withFileTypes: true });
  const files = mappings
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(SOURCE, path.join(entry.parentPath, entry.name)));
  return ["schema.graphql", ...files.sort()];
}
