import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { contractInterface } from "@orion/protocol/chain";

import { graphCli } from "./graph-cli.ts";
import { standInManifest, SUBGRAPH_CONTRACTS } from "./manifest.ts";

export interface BuildOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((label: string) => void) | undefined;
}

const SOURCE = fileURLToPath(new URL(".", import.meta.url));
/** Beside what the Solidity compiler keeps; whatever is there can be made again. */
const CACHE = fileURLToPath(new URL("../cache/subgraph", import.meta.url));
const COPIED = ["schema.graphql", "mappings"] as const;

export async function readTemplate(): Promise<string> {
  return readFile(path.join(SOURCE, "subgraph.template.yaml"), "utf8");
}

/**
 * Folder of the subgraph for no network in particular: manifests with stand-ins, ABIs, generated types, WASM. Made once for the same sources, since
 * nothing of what takes time depends on addresses.
 * @throws SubgraphError when a tool refuses, ConfigurationError when the contracts are not compiled
 */
export async function builtSubgraph(template: string, { signal, onStep }: BuildOptions): Promise<string> {
  const folder = path.join(CACHE, await fingerprint(template));
  if (existsSync(folder)) return folder;
  // Made beside its place, so that nobody ever sees half of it.
  const draft = path.join(CACHE, randomUUID());
  try {
    await writeSources(draft, template);
    onStep?.("generating the subgraph's types");
    await graphCli(draft, ["codegen", "--output-dir", "generated"], signal);
    onStep?.("building the subgraph");
    await graphCli(draft, ["build", "--output-dir", "build"], signal);
    await rename(draft, folder).catch((error: unknown) => {
      // Somebody else was faster, with the same.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

const abiOf = (name: (typeof SUBGRAPH_CONTRACTS)[number]): string => contractInterface(name).formatJson();

async function writeSources(dir: string, template: string): Promise<void> {
  await mkdir(path.join(dir, "abis"), { recursive: true });
  await writeFile(path.join(dir, "subgraph.yaml"), standInManifest(template));
  for (const name of SUBGRAPH_CONTRACTS) await writeFile(path.join(dir, "abis", `${name}.json`), abiOf(name));
  for (const entry of COPIED) await cp(path.join(SOURCE, entry), path.join(dir, entry), { recursive: true });
  await linkLibraries(dir);
}

/** graph-cli looks for graph-ts in folders above the manifest, which may lie anywhere. */
export async function linkLibraries(dir: string): Promise<void> {
  const manifest = createRequire(import.meta.url).resolve("@graphprotocol/graph-ts/package.json");
  await symlink(path.resolve(path.dirname(manifest), "../.."), path.join(dir, "node_modules"));
}

/** Everything that the build depends on: template, ABIs, schema and mappings. */
async function fingerprint(template: string): Promise<string> {
  const hash = createHash("sha256").update(template);
  for (const name of SUBGRAPH_CONTRACTS) hash.update(abiOf(name));
  for (const file of await sources()) {
    hash.update(`${file}\0`).update(await readFile(path.join(SOURCE, file)));
  }
  return hash.digest("hex").slice(0, 32);
}

async function sources(): Promise<string[]> {
  const mappings = await readdir(path.join(SOURCE, "mappings"), { recursive: true, withFileTypes: true });
  const files = mappings
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(SOURCE, path.join(entry.parentPath, entry.name)));
  return ["schema.graphql", ...files.sort()];
}
