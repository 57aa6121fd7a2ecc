import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createContentStore, startIpfsNode, type ContentStore } from "@orion/protocol/storage";
import { writeResult } from "./support/write-result.ts";

/** A data set of a thousand shards of 64 digits images each. */
const SHARDS = 1024;
const SHARD_BYTES = 98 * 1024;
/** Least megabytes stored per second of processor time, client and node together. */
const TARGET = 60;
const ROUNDS = 3;
/** Shards of a warm-up, which compiles and opens what the first round would pay for. */
const WARM_UP = 64;

const WAYS: Readonly<Record<string, (store: ContentStore, shards: readonly Uint8Array[]) => Promise<unknown>>> = {
  "one by one": async (store, shards) => {
    for (const shard of shards) await store.putBytes(shard);
  },
  batches: (store, shards) => store.putMany(shards),
};

/**
 * Stores shards on the embedded node, which runs in this process, so that the processor time is that of both sides.
 * Every way and round gets contents of its own, as equal ones would be found on disk.
 */
export async function benchStorage(print: (line: string) => void = console.log): Promise<boolean> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "orion-bench-"));
  const node = await startIpfsNode({ dataDir });
  const rates: Record<string, number[]> = {};
  try {
    const store = createContentStore({ url: node.url });
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, put] of Object.entries(WAYS)) {
        const rate = await megabytesPerSecond(round === 0 ? WARM_UP : SHARDS, (shards) => put(store, shards));
        if (round > 0) (rates[name] ??= []).push(rate);
      }
    }
  } finally {
    await node.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  const median = (name: string): number => (rates[name] ?? []).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
  const [single, batches] = [median("one by one"), median("batches")];
  const passed = batches >= TARGET;
  print(`${SHARDS} shards of ${SHARD_BYTES / 1024} KiB, MB per second of processor time, client and node together:`);
  print(`  one by one ${single.toFixed(1)}, in batches ${batches.toFixed(1)} (median of ${ROUNDS})`);
  print(`  target at least ${TARGET}: ${passed ? "met" : "MISSED"}`);
  const megabytesPerCpuSecond = { single, batches, rounds: rates };
  print(
    `  ${await writeResult("storage", { shards: SHARDS, shardBytes: SHARD_BYTES, megabytesPerCpuSecond, target: TARGET, passed })}`,
  );
  return passed;
}

async function megabytesPerSecond(
  count: number,
  put: (shards: readonly Uint8Array[]) => Promise<unknown>,
): Promise<number> {
  const shards = Array.from({ length: count }, () => new Uint8Array(randomBytes(SHARD_BYTES)));
  const before = process.cpuUsage();
  await put(shards);
  const { user, system } = process.cpuUsage(before);
  return Number(((count * SHARD_BYTES) / (user + system)).toFixed(1));
}

if (import.meta.main) process.exitCode = (await benchStorage()) ? 0 : 1;
