import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { expect } from "chai";

import { createQueryClient, type QueryClient } from "@orion/protocol/query";
import { startIpfsNode, type IpfsNode } from "@orion/protocol/storage";

import { startIndex, type Index } from "../../../cli/indexer/start-index.ts";
import { startEmittingChain, type EmittingChain } from "../../support/index/emitting-chain.ts";
import { untilIndexed } from "../../support/index/graphql.ts";
import { recordingLogger } from "../../support/network/in-process.ts";

const PATIENCE_MS = 6_000;
/** A block is queryable within two seconds; a lost one would come after five, by graph-node's own measure after thirty. */
const PROMPT_MS = 4_500;
/** From so long a pause graph-node's own cache would take it that the chain is slow, and then miss most of the blocks that come after it has seen a few. */
const PAUSE_MS = 15_000;
const QUICK_BLOCKS = 5;
const SLOW_BLOCKS = 5;
const BETWEEN_MS = 1_500;

describe("the index of a chain that stands still", function () {
  this.timeout(120_000);
  let folder: string;
  let ipfs: IpfsNode;
  let emitting: EmittingChain;
  let index: Index;
  let client: QueryClient;
  const log = recordingLogger();
  const mined = async (): Promise<number> => {
    await emitting.chain.rpc("evm_mine");
    return Number(await emitting.chain.rpc("eth_blockNumber"));
  };
  const starts = (): number => log.lines.filter(({ message }) => message.includes("started anew")).length;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-still-"));
    ipfs = await startIpfsNode({ dataDir: path.join(folder, "ipfs"), port: 0 });
    emitting = await startEmittingChain(ipfs.url);
    const head = await mined();
    const { network } = emitting;
    index = await startIndex({ network, dataDir: path.join(folder, "index"), log, patienceMs: PATIENCE_MS });
    client = createQueryClient({ url: index.url });
    await untilIndexed(index.url, head);
  });
  after(async () => {
    await index?.stop();
    await emitting?.chain.stop();
    await ipfs?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("has every block promptly, however slowly they come", async () => {
    await delay(PAUSE_MS);
    for (let block = 0; block < QUICK_BLOCKS + SLOW_BLOCKS; block++) {
      if (block >= QUICK_BLOCKS) await delay(BETWEEN_MS);
      await client.untilBlock(await mined(), PROMPT_MS);
    }
  });

  it("starts nothing anew because the chain has no more blocks", async () => {
    await delay(2 * PATIENCE_MS);
    expect(starts()).to.equal(0);
  });

  it("starts graph-node anew when that stands still, says so once, and goes on from where it was", async () => {
    const [, graphNode] = index.children;
    const first = graphNode?.pid ?? 0;
    process.kill(first, "SIGSTOP");
    const head = await mined();
    await untilIndexed(index.url, head);
    expect(starts()).to.equal(1);
    expect(graphNode?.pid).not.to.equal(first);
    await client.untilBlock(await mined(), PROMPT_MS);
    await delay(2 * PATIENCE_MS);
    expect(starts()).to.equal(1);
  });

  it("tells other users of the machine no address that may hold a key", async () => {
    const [, graphNode] = index.children;
    const seen = await readFile(`/proc/${String(graphNode?.pid)}/cmdline`, "utf8");
    expect(seen).to.include("--http-port");
    for (const url of [emitting.network.rpcUrl, ipfs.url]) expect(seen).not.to.include(url);
  });

  it("still tells when graph-node ends by itself", async () => {
    const [, graphNode] = index.children;
    process.kill(graphNode?.pid ?? 0, "SIGKILL");
    expect(await graphNode?.ended, graphNode?.tail().join("\n")).to.equal("signal SIGKILL");
  });
});
