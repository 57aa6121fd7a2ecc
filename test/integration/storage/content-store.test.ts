import { AbortedError, InvalidInputError, UnavailableError } from "@orion/protocol/common";
import {
  BlockNotFoundError,
  CHUNK_BYTES,
  ContentTooLargeError,
  createContentStore,
  createGatewayStore,
  parseCid,
} from "@orion/protocol/storage";
import type { ContentReader, ContentStore } from "@orion/protocol/storage";
import { expect } from "chai";
import fc from "fast-check";
import { create } from "ipfs-http-client";
import { randomBytes } from "node:crypto";
import { collect, expectRejection } from "../../unit/storage/support/rejection.ts";
import { temporaryNode } from "./support/temporary-node.ts";
import type { TemporaryNode } from "./support/temporary-node.ts";

const ABSENT = parseCid("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy");

describe("the content store on the embedded node", () => {
  let node: TemporaryNode;
  let store: ContentStore;
  before(async () => {
    node = await temporaryNode();
    store = createContentStore({ url: node.url });
  });
  after(() => node.remove());

  it("tells the node's version", async () => {
    expect(await store.version()).to.match(/^\d+\.\d+\.\d+$/);
  });

  for (const size of [0, 1, 1024, 65_536, CHUNK_BYTES - 1, CHUNK_BYTES]) {
    it(`keeps ${size} bytes as one raw block`, async () => {
      const bytes = randomBytes(size);
      const cid = await store.putBytes(bytes);
      expect(cid.code).to.equal(0x55);
      expect(await store.getBytes(cid, { maxBytes: size })).to.deep.equal(new Uint8Array(bytes));
    });
  }

  for (const size of [CHUNK_BYTES + 1, 5 * CHUNK_BYTES, 9 * CHUNK_BYTES + 4321]) {
    it(`keeps ${size} bytes as a file that the gateway serves too`, async () => {
      const bytes = randomBytes(size);
      const cid = await store.putBytes(bytes);
      expect(cid.code).to.equal(0x70);
      const readers: ContentReader[] = [store, createGatewayStore({ url: node.gatewayUrl })];
      for (const reader of readers) {
        expect(Buffer.compare(await reader.getBytes(cid, { maxBytes: size }), bytes)).to.equal(0);
      }
    });
  }

  it("gives the CID that Kubo's own add would give, so the two can be mixed", async () => {
    const bytes = randomBytes(3 * CHUNK_BYTES);
    const { cid } = await create({ url: node.url }).add(bytes);
    expect((await store.putBytes(bytes)).toString()).to.equal(cid.toString());
  });

  it("keeps dag-cbor values with links", async () => {
    const leaf = await store.putBytes(randomBytes(10));
    const value = { orion: "page/1", first: 0, shards: [[leaf]], key: new Uint8Array(32).fill(7) };
    const cid = await store.putDag(value);
    expect(cid.code).to.equal(0x71);
    expect(await store.getDag(cid)).to.deep.equal(value);
    expect(await createGatewayStore({ url: node.gatewayUrl }).getDag(cid)).to.deep.equal(value);
  });

  it("gives back any bytes and any value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.jsonValue(), async (bytes, value) => {
        const cid = await store.putBytes(bytes);
        expect(await store.getBytes(cid, { maxBytes: bytes.byteLength })).to.deep.equal(bytes);
        const again = await store.putDag(await store.getDag(await store.putDag(value)));
        expect(again.toString()).to.equal((await store.putDag(value)).toString());
      }),
      { numRuns: 15 },
    );
  });

  it("pins what it stores", async () => {
    const cids = [
      await store.putBytes(randomBytes(100)),
      await store.putBytes(randomBytes(CHUNK_BYTES + 1)),
      await store.putDag({ a: 1 }),
    ];
    const pins = new Set<string>();
    for await (const { cid } of create({ url: node.url }).pin.ls({ type: "recursive" })) pins.add(cid.toString());
    for (const cid of cids) expect(pins.has(cid.toString())).to.equal(true);
  });

  it("knows what the node has", async () => {
    expect(await store.has(await store.putBytes(randomBytes(5)))).to.equal(true);
    expect(await store.has(ABSENT)).to.equal(false);
  });

  it("says what is absent, in one line", async () => {
    const error = await expectRejection(
      store.getBytes(ABSENT, { maxBytes: 10 }),
      BlockNotFoundError,
      /does not have bafk/,
    );
    expect(error.retryable).to.equal(true);
    const gateway = createGatewayStore({ url: node.gatewayUrl });
    await expectRejection(gateway.getBytes(ABSENT, { maxBytes: 10 }), BlockNotFoundError, /does not have bafk/);
  });

  it("downloads nothing above the limit", async () => {
    const block = await store.putBytes(randomBytes(1000));
    await expectRejection(store.getBytes(block, { maxBytes: 999 }), ContentTooLargeError, /999 bytes/);
    const file = await store.putBytes(randomBytes(2 * CHUNK_BYTES));
    await expectRejection(
      store.getBytes(file, { maxBytes: 2 * CHUNK_BYTES - 1 }),
      ContentTooLargeError,
      /2097152 bytes/,
    );
    for (const maxBytes of [-1, 0.5, Number.NaN]) {
      await expectRejection(store.getBytes(block, { maxBytes }), InvalidInputError, /not a size/);
    }
  });

  it("refuses to read one kind of object as another", async () => {
    const raw = await store.putBytes(randomBytes(10));
    const dag = await store.putDag([1]);
    await expectRejection(store.getDag(raw), InvalidInputError, /expected dag-cbor/);
    await expectRejection(store.getBytes(dag, { maxBytes: 10 }), InvalidInputError, /expected raw or dag-pb/);
  });

  it("stores many things at once, also the same thing", async () => {
    const same = randomBytes(65_536);
    const others = Array.from({ length: 40 }, () => randomBytes(20_000));
    const cids = await Promise.all(
      [...others, ...Array.from({ length: 40 }, () => same)].map((bytes) => store.putBytes(bytes)),
    );
    expect(new Set(cids.slice(40).map(String)).size).to.equal(1);
    const read = await Promise.all(cids.map((cid) => store.getBytes(cid, { maxBytes: 65_536 })));
    for (const [i, bytes] of read.entries()) expect(Buffer.compare(bytes, others[i] ?? same)).to.equal(0);
  });

  it("stops when it is told to", async () => {
    const bytes = randomBytes(100);
    const signal = AbortSignal.abort();
    await expectRejection(store.putBytes(bytes, { signal }), AbortedError, /stopped/);
    await expectRejection(
      store.getBytes(await store.putBytes(bytes), { maxBytes: 100, signal }),
      AbortedError,
      /stopped/,
    );
  });
});

describe("a whole DAG as one CAR", () => {
  let from: TemporaryNode;
  let to: TemporaryNode;
  before(async () => {
    from = await temporaryNode();
    to = await temporaryNode();
  });
  after(async () => {
    await from.remove();
    await to.remove();
  });

  it("moves from node to node, complete and pinned", async () => {
    const [source, target] = [from, to].map(({ url }) => createContentStore({ url })) as [ContentStore, ContentStore];
    const big = randomBytes(3 * CHUNK_BYTES);
    const small = randomBytes(500);
    const links = [await source.putBytes(big), await source.putBytes(small)];
    const root = await source.putDag({ orion: "outputs/1", shards: [...links, ...links] });
    expect((await target.importCar(source.exportCar(root))).map(String)).to.deep.equal([root.toString()]);
    expect(await target.getDag(root)).to.deep.equal({ orion: "outputs/1", shards: [...links, ...links] });
    expect(Buffer.compare(await target.getBytes(links[0] ?? ABSENT, { maxBytes: big.length }), big)).to.equal(0);
    const pins = [];
    for await (const pin of create({ url: to.url }).pin.ls({ paths: root })) pins.push(pin.type);
    expect(pins).to.deep.equal(["recursive"]);
  });

  it("is refused when a part is missing, on the way out and on the way in", async () => {
    const source = createContentStore({ url: from.url });
    const root = await source.putDag({ gone: ABSENT });
    await expectRejection(collect(source.exportCar(root)), UnavailableError, /./);
    await expectRejection(collect(source.exportCar(ABSENT)), BlockNotFoundError, /does not have/);
    const whole = await source.putDag({ part: await source.putBytes(randomBytes(50)) });
    const car = await collect(source.exportCar(whole));
    const cut = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(car.subarray(0, car.length - 50 - 37)); // without its last section
    };
    await expectRejection(createContentStore({ url: to.url }).importCar(cut()), UnavailableError, /could not pin/);
  });

  it("is refused when it is bent or no CAR at all, with the reason", async () => {
    const source = createContentStore({ url: from.url });
    const target = createContentStore({ url: to.url });
    const car = Buffer.from(await collect(source.exportCar(await source.putDag([randomBytes(40)]))));
    const bent = Buffer.from(car);
    bent[bent.length - 1] = (bent[bent.length - 1] ?? 0) ^ 1;
    const sent = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(bytes);
    };
    await expectRejection(target.importCar(sent(bent)), Error, /wrong bytes/);
    await expectRejection(target.importCar(sent(car.subarray(0, 30))), InvalidInputError, /malformed or truncated/);
    await expectRejection(
      target.importCar(sent(Buffer.from("not a CAR"))),
      InvalidInputError,
      /malformed or truncated/,
    );
  });
});
