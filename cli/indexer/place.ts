import { readFile, rm } from "node:fs/promises";
import path from "node:path";

import type { NetworkFile } from "@orion/protocol/chain";

import { toJson } from "../core/json.ts";
import { writeWhole } from "../core/write-file.ts";

/** Beside the network file: where a local index answers, as long as it runs. */
const INDEX_FILE = "index.json";

const besides = (networkFile: string): string => path.join(path.dirname(networkFile), INDEX_FILE);

/** Lets `orion query` find a running index. */
export async function publishIndex(networkFile: string, url: string): Promise<void> {
  await writeWhole(besides(networkFile), `${toJson({ url })}\n`);
}

/** Only what was published for this address: another index may have taken its place. */
export async function withdrawIndex(networkFile: string, url: string): Promise<void> {
  if ((await publishedIndex(networkFile)) === url) await rm(besides(networkFile), { force: true });
}

/** Where the index of a network is: its file says it, or a local one has published it. */
export async function indexUrlOf(network: NetworkFile, networkFile: string): Promise<string | undefined> {
  return network.indexUrl ?? (await publishedIndex(networkFile));
}

async function publishedIndex(networkFile: string): Promise<string | undefined> {
  const text = await readFile(besides(networkFile), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { url } = JSON.parse(text) as { url?: unknown };
  return typeof url === "string" ? url : undefined;
}
