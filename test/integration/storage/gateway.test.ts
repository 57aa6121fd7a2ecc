import { randomBytes } from "node:crypto";
import { CarReader } from "@ipld/car";
import { createContentStore } from "@orion/protocol/storage";
import type { ContentStore } from "@orion/protocol/storage";
import { expect } from "chai";
import { create } from "ipfs-http-client";
import type { CID } from "multiformats/cid";
import { temporaryNode } from "./support/temporary-node.ts";
import type { TemporaryNode } from "./support/temporary-node.ts";

describe("the trustless gateway", () => {
  let node: TemporaryNode;
  let store: ContentStore;
  const bytes = randomBytes(2_200_000);
  let file: CID;
  let leaf: CID;
  before(async () => {
    node = await temporaryNode();
    store = createContentStore({ url: node.url });
    file = await store.putBytes(bytes);
    leaf = await store.putBytes(Buffer.from("a leaf"));
  });
  after(() => node.remove());

  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${node.gatewayUrl}/ipfs/${path}`, init);
  const blocksOf = async (response: Response): Promise<string[]> => {
    const reader = await CarReader.fromBytes(new Uint8Array(await response.arrayBuffer()));
    const cids: string[] = [];
    for await (const cid of reader.cids()) cids.push(cid.toString());
    return cids;
  };

  it("serves a raw block, by query or by header, in a form that no browser runs", async () => {
    for (const response of [
      await get(`${leaf.toString()}?format=raw`),
      await get(leaf.toString(), { headers: { accept: "application/vnd.ipld.raw" } }),
    ]) {
      expect(response.status).to.equal(200);
      expect(Buffer.from(await response.arrayBuffer()).toString()).to.equal("a leaf");
      expect(response.headers.get("content-type")).to.equal("application/vnd.ipld.raw");
      expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
      expect(response.headers.get("content-disposition")).to.match(/^attachment; filename="bafk/);
      expect(response.headers.get("content-security-policy")).to.equal("sandbox");
      expect(response.headers.get("cache-control")).to.match(/immutable/);
      expect(response.headers.get("access-control-allow-origin")).to.equal("*");
    }
  });

  it("serves a DAG as a CAR, root first, whole or in parts", async () => {
    const root = await store.putDag({ file, again: file, leaf });
    const whole = await get(`${root.toString()}?format=car`);
    expect(whole.headers.get("content-type")).to.match(/^application\/vnd.ipld.car; version=1/);
    const cids = await blocksOf(whole);
    expect(cids[0]).to.equal(root.toString());
    expect(cids).to.have.length(1 + 1 + 3 + 1);
    expect(
      await blocksOf(await get(root.toString(), { headers: { accept: "application/vnd.ipld.car" } })),
    ).to.deep.equal(cids);
    expect(await blocksOf(await get(`${root.toString()}?format=car&dag-scope=block`))).to.deep.equal([root.toString()]);
    expect(await blocksOf(await get(`${root.toString()}?format=car&dag-scope=entity`))).to.deep.equal([
      root.toString(),
    ]);
    expect(await blocksOf(await get(`${file.toString()}?format=car&dag-scope=entity`))).to.have.length(4);
  });

  it("answers HEAD with the same headers and no body", async () => {
    const head = await get(`${leaf.toString()}?format=raw`, { method: "HEAD" });
    expect(head.status).to.equal(200);
    expect(head.headers.get("content-length")).to.equal("6");
    expect((await head.arrayBuffer()).byteLength).to.equal(0);
    expect((await get(`${file.toString()}?format=car`, { method: "HEAD" })).status).to.equal(200);
  });

  it("answers 304 to who has it already", async () => {
    const etag = (await get(`${leaf.toString()}?format=raw`)).headers.get("etag") ?? "";
    const again = await get(`${leaf.toString()}?format=raw`, { headers: { "if-none-match": etag } });
    expect(again.status).to.equal(304);
    expect((await get(`${leaf.toString()}?format=raw`, { headers: { "if-none-match": '"other"' } })).status).to.equal(
      200,
    );
  });

  const ABSENT = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";
  const bad: [string, string, number][] = [
    ["what it does not have", `${ABSENT}?format=raw`, 404],
    ["a CAR of what it does not have", `${ABSENT}?format=car`, 404],
    ["a rendered page", ABSENT, 406],
    ["a tar", `${ABSENT}?format=tar`, 406],
    ["no CID", "hello?format=raw", 400],
    ["an identity CID", "bafkqabtimvwgy3yk?format=raw", 400],
    ["a path", `${ABSENT}/a/b?format=raw`, 400],
    ["an encoded climb", `..%2f..%2fetc%2fpasswd?format=raw`, 400],
    ["an unknown scope", `${ABSENT}?format=car&dag-scope=most`, 400],
    ["a huge name", `${"b".repeat(5000)}?format=raw`, 400],
  ];
  for (const [what, path, status] of bad) {
    it(`answers ${what} with ${status}`, async () => {
      const response = await get(path);
      expect(response.status).to.equal(status);
      expect(response.headers.get("cache-control")).to.equal(null);
    });
  }

  it("takes nothing: only GET, HEAD and OPTIONS exist", async () => {
    expect((await get(leaf.toString(), { method: "POST", body: "x" })).status).to.equal(404);
    expect((await get(leaf.toString(), { method: "OPTIONS" })).status).to.equal(204);
  });

  it("cuts the connection when a part of a CAR is missing, so that nobody takes it for whole", async () => {
    const root = await create({ url: node.url }).dag.put({ leaf, gone: await absent() });
    const response = await get(`${root.toString()}?format=car`);
    let failed = false;
    await response.arrayBuffer().catch(() => (failed = true));
    expect(failed).to.equal(true);
  });

  async function absent(): Promise<CID> {
    return (await create({ url: node.url }).add(randomBytes(33), { onlyHash: true })).cid;
  }
});
