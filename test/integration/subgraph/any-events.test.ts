import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import type { EventFragment } from "ethers";

import { contractInterface } from "@orion/protocol/chain";
import { startIpfsNode, type IpfsNode } from "@orion/protocol/storage";
import { SUBGRAPH_CONTRACTS } from "@orion/subgraph";

import { startIndex, type Index } from "../../../cli/indexer/start-index.ts";
import { startEmittingChain, type EmittedLog, type EmittingChain } from "../../support/index/emitting-chain.ts";
import { rows, untilIndexed } from "../../support/index/graphql.ts";
import { handledEvents } from "../../support/index/handled-events.ts";
import { randomLog } from "../../support/index/random-events.ts";
import { Random } from "../../unit/tensor/random.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const BLOCKS = 40 * FACTOR;
const EVENTS_PER_BLOCK = 60;
const SEED = Number(process.env.INDEX_SEED ?? 5);

/** Events that leave a row of their own whatever came before, and the collection of it. */
const ALWAYS_RECORDED: Record<string, string> = {
  "DePinDex.Swap": "swaps",
  "DePinDex.Transfer": "shareTransfers",
  "DePinDex.ProtocolFeesCollected": "feeCollections",
  "ProviderRegistry.Slashed": "slashes",
  "ProviderRegistry.ProfilePublished": "profilePublications",
  "DisputeManager.Sealed": "seals",
  "DisputeManager.FraudProved": "fraudProofs",
  "DisputeManager.TimedOut": "timeouts",
  "DisputeManager.Withdrawn": "etherWithdrawals",
  "JobMarket.ItemSkipped": "skippedItems",
  "JobMarket.ResultPublished": "results",
  "BuyAndPost.BoughtAndPosted": "purchases",
  "OrionTimelock.CallScheduled": "operationCalls",
};

/** Events that count themselves in a total, whatever came before, and where. */
const ALWAYS_COUNTED: Record<string, readonly [collection: string, field: string]> = {
  "DePinDex.Swap": ["exchanges", "swapCount"],
  "UsdPrices.OrionPriceReported": ["usdFeeds", "reportCount"],
};

describe("the index under events of any kind, in any order, with any values", function () {
  this.timeout(180_000 * FACTOR);
  let folder: string;
  let ipfs: IpfsNode;
  let emitting: EmittingChain;
  let index: Index;
  let last = 0;
  const emitted = new Map<string, number>();

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-events-"));
    ipfs = await startIpfsNode({ dataDir: path.join(folder, "ipfs"), port: 0 });
    emitting = await startEmittingChain(ipfs.url);
    const random = new Random(SEED);
    const sources = await eventSources(emitting);
    for (let block = 0; block < BLOCKS; block++) {
      const logs = Array.from({ length: EVENTS_PER_BLOCK }, (): EmittedLog => {
        const { contract, emitter, events } = random.pick(sources);
        const event = random.pick(events);
        const name = `${contract}.${event.name}`;
        emitted.set(name, (emitted.get(name) ?? 0) + 1);
        return { emitter, ...randomLog(event, random) };
      });
      last = await emitting.emit(logs);
    }
    index = await startIndex({ network: emitting.network, dataDir: path.join(folder, "index") });
  });
  after(async () => {
    await index?.stop();
    await emitting?.chain.stop();
    await ipfs?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("takes in all of them: no handler traps", async () => {
    await untilIndexed(index.url, last);
  });

  it("has met every event that the manifest handles", async () => {
    const names = (await handledEvents()).map(({ contract, event }) => `${contract}.${event}`);
    expect(names.filter((name) => !emitted.has(name))).to.deep.equal([]);
  });

  it("has a row for every event that always leaves one", async () => {
    for (const [name, collection] of Object.entries(ALWAYS_RECORDED)) {
      expect((await rows(index.url, collection, "__typename", last)).length, name).to.equal(emitted.get(name));
    }
  });

  it("has counted every event that is always counted", async () => {
    for (const [name, [collection, field]] of Object.entries(ALWAYS_COUNTED)) {
      const [total] = await rows(index.url, collection, field, last);
      expect(total?.[field], name).to.equal(emitted.get(name));
    }
  });
});

interface EventSource {
  readonly contract: string;
  readonly emitter: string;
  readonly events: readonly EventFragment[];
}

async function eventSources({ network }: EmittingChain): Promise<EventSource[]> {
  const handled = await handledEvents();
  return SUBGRAPH_CONTRACTS.map((contract) => {
    const abi = contractInterface(contract);
    const mine = handled.filter((one) => one.contract === contract);
    const events = mine.map(({ event }) => abi.getEvent(event)!);
    return { contract, events, emitter: network.addresses[mine[0]!.address as "orion"] };
  });
}
