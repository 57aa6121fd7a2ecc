import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { startIpfsNode, type IpfsNode } from "@orion/protocol/storage";

import { startIndex, type Index } from "../../../cli/indexer/start-index.ts";
import { emitFixtures } from "../../support/index/chain-fixtures.ts";
import { startEmittingChain, type EmittingChain } from "../../support/index/emitting-chain.ts";
import { ask, untilIndexed } from "../../support/index/graphql.ts";
import { CHAIN_FIXTURES } from "./fixtures/index.ts";

describe("the handlers of the subgraph, by real logs on a real chain", function () {
  this.timeout(180_000);
  let folder: string;
  let ipfs: IpfsNode;
  let emitting: EmittingChain;
  let index: Index;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-fixtures-"));
    ipfs = await startIpfsNode({ dataDir: path.join(folder, "ipfs"), port: 0 });
    emitting = await startEmittingChain(ipfs.url);
    const last = await emitFixtures(emitting, CHAIN_FIXTURES);
    index = await startIndex({ network: emitting.network, dataDir: path.join(folder, "index") });
    await untilIndexed(index.url, last);
  });
  after(async () => {
    await index?.stop();
    await emitting?.chain.stop();
    await ipfs?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { name, assertions } of CHAIN_FIXTURES) {
    it(name, async () => {
      for (const { query, expected } of assertions) {
        expect(await ask(index.url, query), query).to.deep.equal(expected);
      }
    });
  }
});
