import { createHash } from "node:crypto";
import { cp, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";

import type { NetworkFile } from "@orion/protocol/chain";

import { toJson } from "../core/json.ts";
import { writeWhole } from "../core/write-file.ts";
import { blockHash } from "../devnet/rpc.ts";

/** What the kept data is an index of. */
export interface IndexIdentity {
  readonly chainId: number;
  /** Hashes of two blocks: a local chain that began anew has others. */
  readonly genesis: string;
  readonly deployBlock: string;
  /** Digest of the built subgraph, which holds the contracts' addresses. */
  readonly subgraph: string;
}

const STATE_FILE = "identity.json";

/** @throws UnavailableError where the chain does not answer */
export async function identityOf(network: NetworkFile, subgraph: string, stop?: AbortSignal): Promise<IndexIdentity> {
  const [genesis, deployBlock] = await Promise.all(
    [0, network.deployBlock].map((number) => blockHash(network.rpcUrl, number, stop)),
  );
  return { chainId: network.chainId, genesis: genesis ?? "", deployBlock: deployBlock ?? "", subgraph };
}

/** Whether the data in this folder was made for the same chain and subgraph. */
export async function isIndexOf(dataDir: string, identity: IndexIdentity): Promise<boolean> {
  const kept = await readFile(path.join(dataDir, STATE_FILE), "utf8").catch(() => undefined);
  return kept === toJson(identity);
}

export async function rememberIdentity(dataDir: string, identity: IndexIdentity): Promise<void> {
  await writeWhole(path.join(dataDir, STATE_FILE), toJson(identity));
}

export async function forgetIdentity(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, STATE_FILE), { force: true });
}

export interface PlacedBuild {
  /** Folder that graph-node runs in. */
  readonly folder: string;
  /** The manifest's name in it: a digest of the whole build. */
  readonly manifest: string;
}

/**
 * Copies a built subgraph to where graph-node reads it. graph-node takes the path of a manifest for the identity of a subgraph, and
 * goes on with what it knows when it meets the same one again; so the manifest is named after the content.
 */
export async function placeBuild(build: string, folder: string): Promise<PlacedBuild> {
  const manifest = await digestOf(build);
  await rm(folder, { recursive: true, force: true });
  await cp(build, folder, { recursive: true });
  await rename(path.join(folder, "subgraph.yaml"), path.join(folder, manifest));
  return { folder, manifest };
}

async function digestOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const hash = createHash("sha256");
  for (const file of files.sort()) {
    const content = await readFile(file);
    hash.update(`${path.relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 32);
}
