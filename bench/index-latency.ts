import { setTimeout as delay } from "node:timers/promises";

import { createQueryClient } from "@orion/protocol/query";

import { startHardhat } from "../test/support/network/chain-process.ts";
import { startWorld, type World } from "../test/support/index/world.ts";
import { isMain } from "../scripts/support/is-main.ts";
import { writeResult } from "./support/write-result.ts";

const BLOCKS = 60;
const WARM_UP = 5;
const POLL_MS = 20;
/** Pause between blocks, of no round length: blocks must not always meet the same moment of the index's own clock. */
const PAUSE_MS = 137;
const PATIENCE_MS = 60_000;
const TARGET_MS = 2_000;

/** From the moment in which a block is mined to the first answer that knows it, on the real stack. False when the target is missed. */
export async function benchIndexLatency(): Promise<boolean> {
  const chain = await startHardhat();
  try {
    const world = await startWorld(chain);
    try {
      const samples = await measure(world);
      const at = (part: number): number =>
        Math.round(samples[Math.min(samples.length - 1, Math.floor(samples.length * part))] ?? 0);
      const figures = { blocks: samples.length, medianMs: at(0.5), p95Ms: at(0.95), maxMs: at(1), targetMs: TARGET_MS };
      const file = await writeResult("index-latency", figures);
      console.log(
        `mined to queryable: median ${figures.medianMs} ms, 95% within ${figures.p95Ms} ms, at most ${figures.maxMs} ms`,
      );
      console.log(`written to ${file}`);
      return figures.p95Ms <= TARGET_MS;
    } finally {
      await world.stop();
    }
  } finally {
    await chain.stop();
  }
}

/** Sorted milliseconds. */
async function measure(world: World): Promise<number[]> {
  const client = createQueryClient({ url: world.indexUrl });
  const [treasury = "", other = ""] = world.accounts;
  const { orion } = world.contracts;
  const samples: number[] = [];
  await world.indexed();
  for (let block = -WARM_UP; block < BLOCKS; block++) {
    const data = orion.interface.encodeFunctionData("transfer", [other, 1n]);
    if (!(await world.act(treasury, world.network.addresses.orion, data))) throw new Error("a transfer was refused");
    const mined = performance.now();
    const head = await world.head();
    while ((await client.freshness()).block < head) {
      if (performance.now() - mined > PATIENCE_MS) throw new Error(`the index stands still before block ${head}`);
      await delay(POLL_MS);
    }
    if (block >= 0) samples.push(performance.now() - mined);
    await delay(PAUSE_MS);
  }
  return samples.toSorted((a, b) => a - b);
}

if (isMain(import.meta.url)) process.exitCode = (await benchIndexLatency()) ? 0 : 1;
