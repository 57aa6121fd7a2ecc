import { createCipheriv, createHash } from "node:crypto";
import { createContentStore } from "@orion/protocol/storage";
import { expect } from "chai";
import { create } from "ipfs-http-client";
import type { AddOptions } from "ipfs-http-client";
import { collect } from "../../unit/storage/support/rejection.ts";
import { temporaryNode } from "../../integration/storage/support/temporary-node.ts";
import type { TemporaryNode } from "../../integration/storage/support/temporary-node.ts";
import golden from "./kubo-cids.json" with { type: "json" };

type Vector = (typeof golden.vectors)[number];

const PIECE = 1024 * 1024;
const STORED_AT_MOST = 8 * PIECE;
/** The gigabyte vectors take half a minute each. */
const LARGE = 64 * PIECE;
const nightly = Number(process.env.FUZZ_RUNS ?? "1") > 1;

async function* contentOf(vector: Vector): AsyncGenerator<Uint8Array> {
  if (vector.text !== undefined) {
    yield new TextEncoder().encode(vector.text);
    return;
  }
  const key = createHash("sha256")
    .update(vector.seed ?? "")
    .digest();
  const stream = createCipheriv("chacha20", key, Buffer.alloc(16));
  for (let left = vector.size; left > 0; left -= PIECE) {
    yield await Promise.resolve(stream.update(Buffer.alloc(Math.min(left, PIECE))));
  }
}

describe("CIDs that Kubo publishes", () => {
  let node: TemporaryNode;
  before(async () => {
    node = await temporaryNode({ maxUploadBytes: 2 ** 31 });
  });
  after(() => node.remove());

  for (const vector of golden.vectors.filter(({ size }) => nightly || size < LARGE)) {
    it(`${vector.name}: the node's add gives ${vector.cid}`, async function () {
      this.timeout(180_000);
      const options = { ...vector.options, onlyHash: vector.size > STORED_AT_MOST } as AddOptions;
      const added = await create({ url: node.url }).add({ content: contentOf(vector) }, options);
      expect(added.cid.toString()).to.equal(vector.cid);
    });
  }

  const ours = golden.vectors.filter(
    ({ options, size }) => Object.keys(options).length === 0 && size <= STORED_AT_MOST,
  );
  for (const vector of ours) {
    it(`${vector.name}: the content store gives it too, and reads it back`, async () => {
      const store = createContentStore({ url: node.url });
      const bytes = await collect(contentOf(vector));
      const cid = await store.putBytes(bytes);
      expect(cid.toString()).to.equal(vector.cid);
      expect(await store.getBytes(cid, { maxBytes: vector.size })).to.deep.equal(new Uint8Array(bytes));
    });
  }
});
