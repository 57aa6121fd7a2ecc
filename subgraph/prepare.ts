import { cp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import type { NetworkFile } from "@orion/protocol/chain";

import { builtSubgraph, linkLibraries, readTemplate } from "./build.ts";
import { fillManifest, renderManifest, type Pruning } from "./manifest.ts";

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
}

/**
 * Makes the subgraph of one network: manifest, ABIs of the compiled contracts, generated types, and the build. What does not depend on the network
 * is made once and kept, so that a later call takes no time.
 * @throws SubgraphError when a tool refuses, ConfigurationError when the contracts are not compiled
 */
export async function prepareSubgraph(options: SubgraphOptions): Promise<PreparedSubgraph> {
  const { network, prune = "never", signal, onStep } = options;
  const dir = path.resolve(options.outDir);
  const template = await readTemplate();
  const manifest = renderManifest(template, network, prune);
  const built = await builtSubgraph(template, { signal, onStep });
  await rm(dir, { recursive: true, force: true });
  await cp(built, dir, { recursive: true, filter: (source) => path.basename(source) !== "node_modules" });
  await linkLibraries(dir);
  await writeFile(path.join(dir, "subgraph.yaml"), manifest);
  const file = path.join(dir, "build", "subgraph.yaml");
  await writeFile(file, fillManifest(await readFile(file, "utf8"), template, network, prune));
  return { dir };
}
