import { once } from "node:events";
import { randomBytes } from "node:crypto";
import { request as forward } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AbortedError, UnavailableError } from "@orion/protocol/common";
import { addressOnly, CHUNK_BYTES, createContentStore } from "@orion/protocol/storage";
import type { ContentStore } from "@orion/protocol/storage";
import { expect } from "chai";
import { create } from "ipfs-http-client";
import { cidOfBlock } from "../../../protocol/storage/block-hash.ts";
import { expectRejection } from "../../unit/storage/support/rejection.ts";
import { lyingServer } from "./support/lying-server.ts";
import type { LyingServer } from "./support/lying-server.ts";
import { temporaryNode } from "./support/temporary-node.ts";
import type { TemporaryNode } from "./support/temporary-node.ts";

const shards = (count: number, size = 20_000): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(randomBytes(size)));

describe("storing many contents (store)", () => {
  let node: TemporaryNode;
  let proxy: LyingServer | undefined;
  before(async () => {
    node = await temporaryNode();
  });
  after(() => node.remove());
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  /** A store whose requests pass through a server that lists them, and may answer one itself. */
  async function watched(
    answer: (call: string, request: IncomingMessage, response: ServerResponse) => boolean = () => false,
  ): Promise<{ store: ContentStore; calls: string[] }> {
    const calls: string[] = [];
    proxy = await lyingServer((request, response) => {
      const call = (request.url ?? "").replace(/^\/api\/v0\//, "").replace(/\?.*/, "");
      calls.push(call);
      if (answer(call, request, response)) return;
      const { method = "POST", url = "", headers } = request;
      const onward = forward(`${node.url}${url}`, { method, headers }, (reply) => {
        response.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(response);
      });
      request.pipe(onward);
    });
    return { store: createContentStore({ url: proxy.url, retries: 0 }), calls };
  }

  const expectStored = async (contents: readonly Uint8Array[]): Promise<void> => {
    const store = createContentStore({ url: node.url });
    const pinned = new Set<string>();
    for await (const { cid } of create({ url: node.url }).pin.ls({ type: "recursive" })) pinned.add(cid.toString());
    for (const bytes of contents) {
      const cid = await cidOfBlock(0x55, bytes);
      expect(Buffer.compare(await store.getBytes(cid, { maxBytes: bytes.byteLength }), bytes)).to.equal(0);
      expect(pinned.has(cid.toString())).to.equal(true);
    }
  };

  it("of a store that stores nothing gives the addresses that they would have", async () => {
    const { store, calls } = await watched();
    const contents = [...shards(3), new Uint8Array(), new Uint8Array(randomBytes(CHUNK_BYTES * 2 + 5))];
    const dag = { orion: "test/1", value: 7 };
    const dry = addressOnly(store);
    const addresses = [...(await dry.putMany(contents)), await dry.putBytes(contents[4]!), await dry.putDag(dag)];
    expect(calls).to.deep.equal([]);
    const stored = [...(await store.putMany(contents)), await store.putBytes(contents[4]!), await store.putDag(dag)];
    expect(addresses.map(String)).to.deep.equal(stored.map(String));
  });

  it("takes one request for hundreds, and pins each", async () => {
    const { store, calls } = await watched();
    const contents = shards(300);
    const progress: number[] = [];
    const cids = await store.putMany(contents, { onStored: (done) => progress.push(done) });
    expect(calls).to.deep.equal(["dag/import"]);
    expect(progress).to.deep.equal([300]);
    expect(cids.map(String)).to.deep.equal(
      await Promise.all(contents.map(async (bytes) => String(await cidOfBlock(0x55, bytes)))),
    );
    await expectStored(contents);
  });

  it("gives the CIDs that storing each by itself gives, in order: empty, equal, one chunk, and larger", async () => {
    const { store, calls } = await watched();
    const [a = new Uint8Array(), b = new Uint8Array()] = shards(2);
    const large = new Uint8Array(randomBytes(CHUNK_BYTES + 1));
    const contents = [a, new Uint8Array(), a, large, b, new Uint8Array(randomBytes(CHUNK_BYTES)), a, b];
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (const bytes of contents) yield await Promise.resolve(bytes);
    };
    const cids = await store.putMany(source());
    expect(calls).to.deep.equal(["dag/import", "dag/import", "dag/import"]);
    const single = createContentStore({ url: node.url });
    for (const [i, bytes] of contents.entries()) {
      expect(String(cids[i])).to.equal(String(await single.putBytes(bytes)));
    }
    expect(await store.putMany([])).to.deep.equal([]);
  });

  it("holds no more than a batch: the source is read as batches go out", async () => {
    const { store, calls } = await watched();
    let taken = 0;
    const progress: [taken: number, done: number][] = [];
    const source = function* (): Generator<Uint8Array> {
      for (const bytes of shards(40, 700_000)) {
        taken++;
        yield bytes;
      }
    };
    await store.putMany(source(), { onStored: (done) => progress.push([taken, done]) });
    expect(calls.length).to.equal(4);
    for (const [read, done] of progress) expect((read - done) * 700_000).to.be.at.most(8 * CHUNK_BYTES);
    expect(progress.at(-1)).to.deep.equal([40, 40]);
  });

  it("reads the answer of a node that lists roots once, in its own order, with statistics", async () => {
    const [a, b, c] = shards(3) as [Uint8Array, Uint8Array, Uint8Array];
    const cids = await Promise.all([a, b, c].map((bytes) => cidOfBlock(0x55, bytes)));
    const { store, calls } = await watched((_call, _request, response) => {
      const lines = cids.toReversed().map((cid) => ({ Root: { Cid: { "/": String(cid) }, PinErrorMsg: "" } }));
      const stats = { Stats: { BlockCount: 3, BlockBytesCount: 60_000 } };
      response.end([...lines, stats].map((line) => `${JSON.stringify(line)}\n`).join(""));
      return true;
    });
    expect((await store.putMany([a, b, a, c])).map(String)).to.deep.equal([0, 1, 0, 2].map((i) => String(cids[i])));
    expect(calls).to.deep.equal(["dag/import"]);
  });

  it("stores by themselves those that the node did not report or could not pin", async () => {
    const contents = shards(5);
    const cids = await Promise.all(contents.map((bytes) => cidOfBlock(0x55, bytes)));
    const { store, calls } = await watched((call, _request, response) => {
      if (call !== "dag/import") return false;
      const line = (i: number, failure = ""): string =>
        `${JSON.stringify({ Root: { Cid: { "/": String(cids[i]) }, PinErrorMsg: failure } })}\n`;
      response.end(line(4) + line(1, "no space left on device") + line(0));
      return true;
    });
    await store.putMany(contents);
    expect(calls).to.deep.equal(["dag/import", "block/put", "block/put", "block/put"]);
    await expectStored(contents.slice(1, 4));
  });

  const refusals: [string, (response: ServerResponse) => void][] = [
    ["refuses large bodies", (response) => void response.writeHead(413).end("too large")],
    ["does not know the call", (response) => void response.writeHead(404).end("404 page not found")],
    ["breaks off", (response) => void response.destroy()],
    ["answers nonsense", (response) => void response.end("<html>")],
    ["answers without end", (response) => void response.end(Buffer.alloc(1024 * 1024, 32))],
  ];
  for (const [what, refuse] of refusals) {
    it(`stores block by block through a server that ${what}`, async () => {
      const contents = shards(4);
      const { store, calls } = await watched((call, _request, response) => {
        if (call === "dag/import") refuse(response);
        return call === "dag/import";
      });
      expect(await store.putMany(contents)).to.have.length(4);
      expect(calls).to.deep.equal(["dag/import", "block/put", "block/put", "block/put", "block/put"]);
      await expectStored(contents);
    });
  }

  it("believes no node that reports other CIDs, nor one that is gone", async () => {
    const { store } = await watched((call, _request, response) => {
      const other = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
      const root = { Root: { Cid: { "/": other }, PinErrorMsg: "" } };
      response.end(JSON.stringify(call === "dag/import" ? root : { Key: other, Size: 1 }));
      return true;
    });
    await expectRejection(store.putMany(shards(3)), UnavailableError, /instead of bafkrei/);
    await proxy?.close();
    await expectRejection(store.putMany(shards(3)), UnavailableError, /cannot be reached/);
  });

  it("stops when the caller says so", async () => {
    const controller = new AbortController();
    const { store, calls } = await watched((_call, request) => {
      void once(request, "end").then(() => controller.abort());
      return true; // never answered
    });
    await expectRejection(store.putMany(shards(3), { signal: controller.signal }), AbortedError, /stopped/);
    expect(calls).to.deep.equal(["dag/import"]);
  });
});
