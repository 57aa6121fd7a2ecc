import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { toBeHex } from "ethers";

import { contractInterface } from "@orion/protocol/chain";
import { startIpfsNode } from "@orion/protocol/storage";

import { startIndex, type Index } from "../cli/indexer/start-index.ts";
import { startEmittingChain, type EmittedLog, type EmittingChain } from "../test/support/index/emitting-chain.ts";
import { ask } from "../test/support/index/graphql.ts";
import { handledEvents } from "../test/support/index/handled-events.ts";
import { randomLog } from "../test/support/index/random-events.ts";
import { Random } from "../test/unit/tensor/random.ts";
import { writeResult } from "./support/write-result.ts";

const EVENTS = 50_000;
const PER_BLOCK = 100;
const POLL_MS = 50;
/** Longer than a graph-node that stands still is left alone. */
const PATIENCE_MS = 120_000;
/**
 * What a chain can produce at most: blocks of 30 million gas every 12 seconds, full of nothing but swaps, which write three logs each and cost about
 * 81,000 gas.
 */
const TARGET_PER_SECOND = (30_000_000 / 81_000 / 12) * 3;

interface Progress {
  readonly block: number;
  readonly at: number;
}

/**
 * How fast the index takes in 50,000 events that are there already: half of them swaps with their two transfers, the other half of every kind that
 * the subgraph handles. Chain, IPFS, PostgreSQL and graph-node share this machine.
 */
export async function benchIndexRate(print: (line: string) => void = console.log): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), "orion-index-rate-"));
  const ipfs = await startIpfsNode({ dataDir: path.join(folder, "ipfs"), port: 0 });
  const emitting = await startEmittingChain(ipfs.url);
  let index: Index | undefined;
  try {
    const production = await produce(emitting);
    print(`${EVENTS} events in ${production.blocks} blocks, emitted in ${production.seconds.toFixed(1)} s`);
    index = await startIndex({ network: emitting.network, dataDir: path.join(folder, "index") });
    const first = await progress(index.url);
    const last = await untilBlock(index.url, production.last);
    const seconds = (last.at - first.at) / 1_000;
    const blocks = production.last - first.block;
    const perSecond = (blocks * PER_BLOCK) / seconds;
    const passed = perSecond >= TARGET_PER_SECOND;
    print(
      `indexed ${blocks * PER_BLOCK} of them in ${seconds.toFixed(1)} s: ${perSecond.toFixed(0)} events, ${(blocks / seconds).toFixed(1)} blocks a second`,
    );
    print(
      `  a chain full of swaps writes ${TARGET_PER_SECOND.toFixed(0)} events a second: ${passed ? "kept up with" : "MISSED"}`,
    );
    const figures = { events: EVENTS, perBlock: PER_BLOCK, measured: blocks * PER_BLOCK, seconds, perSecond };
    const produced = { seconds: production.seconds, perSecond: EVENTS / production.seconds };
    print(`  ${await writeResult("index-rate", { ...figures, produced, target: TARGET_PER_SECOND, passed })}`);
    return passed;
  } finally {
    await index?.stop();
    await emitting.chain.stop();
    await ipfs.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function produce(emitting: EmittingChain): Promise<{ last: number; blocks: number; seconds: number }> {
  const random = new Random(1);
  const handled = await handledEvents();
  const begun = performance.now();
  let last = 0;
  for (let done = 0; done < EVENTS; done += PER_BLOCK) {
    const logs: EmittedLog[] = [];
    while (logs.length < PER_BLOCK) {
      if (logs.length + 3 <= PER_BLOCK && random.chance(0.25)) logs.push(...swap(emitting, random));
      else logs.push(anything(emitting, handled, random));
    }
    last = await emitting.emit(logs);
  }
  return { last, blocks: EVENTS / PER_BLOCK, seconds: (performance.now() - begun) / 1_000 };
}

function anything(
  { network }: EmittingChain,
  handled: Awaited<ReturnType<typeof handledEvents>>,
  random: Random,
): EmittedLog {
  const { contract, address, event } = random.pick(handled);
  const fragment = contractInterface(contract as "JobMarket").getEvent(event);
  if (fragment === null) throw new Error(`${contract} has no event ${event}`);
  return { emitter: network.addresses[address as "market"], ...randomLog(fragment, random) };
}

/** The logs of one swap of ORION for CU by one of a hundred traders. */
function swap({ network }: EmittingChain, random: Random): EmittedLog[] {
  const { orion, credits, dex } = network.addresses;
  const trader = toBeHex(0x7000 + random.between(0, 99), 20);
  const [paid, got] = [BigInt(random.between(1, 1e9)), BigInt(random.between(1, 1e6))];
  const [reserve0, reserve1] = [10n ** 21n + paid, 10n ** 15n - got];
  const log = (contract: "DePinDex" | "OrionToken", emitter: string, name: string, args: unknown[]): EmittedLog => {
    const { topics, data } = contractInterface(contract).encodeEventLog(name, args);
    return { emitter, topics, data };
  };
  return [
    log("DePinDex", dex, "Swap", [1n, trader, trader, paid, -got, reserve0, reserve1, 0n]),
    log("OrionToken", orion, "Transfer", [trader, dex, paid]),
    log("OrionToken", credits, "Transfer", [dex, trader, got]),
  ];
}

async function progress(url: string): Promise<Progress> {
  const { _meta } = await ask<{ _meta: { block: { number: number } } }>(url, "{ _meta { block { number } } }");
  return { block: _meta.block.number, at: performance.now() };
}

async function untilBlock(url: string, block: number): Promise<Progress> {
  let last = await progress(url);
  while (last.block < block) {
    await delay(POLL_MS);
    const now = await progress(url);
    if (now.block > last.block) last = now;
    if (now.at - last.at > PATIENCE_MS) throw new Error(`the index stands still at block ${last.block} of ${block}`);
  }
  return last;
}

if (import.meta.main) process.exitCode = (await benchIndexRate()) ? 0 : 1;
