import { createHash, randomBytes } from "node:crypto";
import * as dagCbor from "@ipld/dag-cbor";
import { createContentStore } from "@orion/protocol/storage";
import { expect } from "chai";
import { create } from "ipfs-http-client";
import type { KuboRPCClient } from "ipfs-http-client";
import { CID } from "multiformats/cid";
import { collect, expectRejection } from "../../unit/storage/support/rejection.ts";
import { temporaryNode } from "./support/temporary-node.ts";
import type { TemporaryNode } from "./support/temporary-node.ts";

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe("the node under the client library's own calls", () => {
  let node: TemporaryNode;
  let ipfs: KuboRPCClient;
  before(async () => {
    node = await temporaryNode({ maxUploadBytes: 16 * 1024 * 1024 });
    ipfs = create({ url: node.url });
  });
  after(() => node.remove());

  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${node.url}/api/v0/${path}`, { method: "POST", ...init });

  it("has a peer id and a version, and keeps the id", async () => {
    const { id, agentVersion } = await ipfs.id();
    expect(id.toString()).to.match(/^12D3KooW/);
    expect(agentVersion).to.equal(`orion-ipfs/${(await ipfs.version()).version}`);
    expect((await ipfs.id()).id.toString()).to.equal(id.toString());
  });

  it("adds and cats a file, whole and by ranges", async () => {
    const bytes = randomBytes(2_500_000);
    const { cid, size, path } = await ipfs.add(bytes);
    expect(path).to.equal(cid.toString());
    expect(size).to.be.greaterThan(bytes.length);
    expect(Buffer.compare(await collect(ipfs.cat(cid)), bytes)).to.equal(0);
    for (const [offset, length] of [
      [0, 10],
      [1_048_570, 12],
      [2_499_999, 5],
      [2_500_000, 1],
    ] as const) {
      const part = await collect(ipfs.cat(cid, { offset, length }));
      expect(Buffer.compare(part, bytes.subarray(offset, offset + length))).to.equal(0);
    }
  });

  it("adds a folder and finds files in it by path", async () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const files = [
      { path: "model/readme.md", content: text("hello") },
      { path: "model/weights/a.bin", content: randomBytes(1_200_000) },
      { path: "model/ünï cödé.txt", content: text("name") },
      { path: "model/empty", content: new Uint8Array() },
    ];
    const added = await all(ipfs.addAll(files));
    const root = added.find(({ path }) => path === "model")?.cid;
    expect(added.map(({ path }) => path)).to.include.members([...files.map(({ path }) => path), "model/weights"]);
    for (const { path, content } of files) {
      expect(Buffer.compare(await collect(ipfs.cat(`/ipfs/${String(root)}/${path.slice(6)}`)), content)).to.equal(0);
    }
    await expectRejection(collect(ipfs.cat(`${String(root)}/nothing`)), Error, /no link named/);
    await expectRejection(collect(ipfs.cat(root as CID)), Error, /directory/);
  });

  it("only hashes when it is asked to", async () => {
    const { cid } = await ipfs.add(randomBytes(100), { onlyHash: true });
    await expectRejection(ipfs.block.get(cid), Error, /could not find/);
  });

  it("puts, gets and measures blocks under the right CID", async () => {
    const bytes = randomBytes(300);
    const cid = await ipfs.block.put(bytes);
    expect(cid.toString()).to.match(/^bafkrei/);
    expect(Buffer.from(cid.multihash.digest).toString("hex")).to.equal(
      createHash("sha256").update(bytes).digest("hex"),
    );
    expect(Buffer.compare(await ipfs.block.get(cid), bytes)).to.equal(0);
    expect((await ipfs.block.stat(cid)).size).to.equal(300);
    const cbor = await ipfs.block.put(dagCbor.encode({ a: [1] }), { format: "dag-cbor" });
    expect((await ipfs.dag.get(cbor)).value).to.deep.equal({ a: [1] });
    await expectRejection(ipfs.block.put(bytes, { mhtype: "sha2-512" }), Error, /sha2-256 only/);
    await expectRejection(ipfs.block.put(bytes, { format: "git" }), Error, /unknown codec/);
  });

  it("puts and gets dag values, by their codec and as dag-json", async () => {
    const leaf = await ipfs.block.put(randomBytes(8));
    const value = { link: leaf, bytes: new Uint8Array([1, 2]), n: 7 };
    const cid = await ipfs.dag.put(value, { pin: true });
    expect(cid.toString()).to.equal((await createContentStore({ url: node.url }).putDag(value)).toString());
    expect((await ipfs.dag.get(cid, { path: "/n" })).value).to.equal(7);
    const json: unknown = await (await call(`dag/get?arg=${cid.toString()}`)).json();
    expect(json).to.deep.equal({ link: { "/": leaf.toString() }, bytes: { "/": { bytes: "AQI" } }, n: 7 });
    const form = new FormData();
    form.set("object data", new Blob([JSON.stringify({ n: 7 })]));
    const put = (await (await call("dag/put", { body: form })).json()) as { Cid: { "/": string } };
    expect((await ipfs.dag.get(CID.parse(put.Cid["/"]))).value).to.deep.equal({ n: 7 });
  });

  it("pins, lists and unpins, directly, recursively and indirectly", async () => {
    const leaf = await ipfs.block.put(randomBytes(9));
    const root = await ipfs.dag.put({ leaf, salt: randomBytes(8) });
    const list = async (options: object): Promise<string[]> =>
      (await all(ipfs.pin.ls(options))).map(({ cid, type }) => `${cid.toString()} ${type}`);
    await expectRejection(list({ paths: root }), Error, /is not pinned/);
    expect((await ipfs.pin.add(root, { name: "job 1" })).toString()).to.equal(root.toString());
    expect(await list({ paths: root, names: true })).to.deep.equal([`${root.toString()} recursive`]);
    expect(await list({ type: "indirect" })).to.include(`${leaf.toString()} indirect`);
    expect((await all(ipfs.pin.ls({ paths: root, names: true }))).map(({ name }) => name)).to.deep.equal(["job 1"]);
    await ipfs.pin.add(leaf, { recursive: false });
    expect(await list({ type: "direct" })).to.deep.equal([`${leaf.toString()} direct`]);
    await ipfs.pin.rm(root);
    await expectRejection(ipfs.pin.rm(root), Error, /not pinned/);
    expect(await list({})).not.to.include(`${root.toString()} recursive`);
    const incomplete = await ipfs.dag.put({
      gone: CID.parse("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"),
    });
    await expectRejection(ipfs.pin.add(incomplete), Error, /could not find/);
  });

  it("exports and imports a DAG", async () => {
    const { cid } = await ipfs.add(randomBytes(1_500_000));
    const car = await collect(ipfs.dag.export(cid));
    const imported = await all(ipfs.dag.import([car]));
    expect(imported.map(({ root }) => root.cid.toString())).to.deep.equal([cid.toString()]);
    expect(imported[0]?.root.pinErrorMsg).to.be.oneOf([undefined, ""]);
  });

  it("counts what it holds", async () => {
    const before = (await (await call("repo/stat")).json()) as { NumObjects: number; RepoSize: number };
    await ipfs.block.put(randomBytes(1234));
    const after = (await (await call("repo/stat")).json()) as { NumObjects: number; RepoSize: number };
    expect(after.NumObjects).to.equal(before.NumObjects + 1);
    expect(after.RepoSize).to.equal(before.RepoSize + 1234);
  });

  const bad: [string, string, number][] = [
    ["no CID", "block/get", 400],
    ["two CIDs", "block/get?arg=bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy&arg=x", 400],
    ["no CID at all", "cat?arg=hello", 400],
    ["a climbing path", "cat?arg=/ipfs/../../etc/passwd", 400],
    [
      "a path that climbs out",
      "cat?arg=/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy/../../x",
      400,
    ],
    ["an identity CID", "block/get?arg=bafkqabtimvwgy3yk", 400],
    ["a CID that is not there", "block/get?arg=bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", 500],
    ["a flag that is neither", "add?pin=maybe", 400],
    ["a negative offset", "cat?arg=bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy&offset=-1", 400],
    ["another kind of chunker", "add?chunker=rabin", 400],
    ["chunks above a block", "add?chunker=size-999999999", 400],
    ["an upload without a body", "block/put", 400],
    ["an unknown pin type", "pin/ls?type=weird", 400],
  ];
  for (const [what, path, status] of bad) {
    it(`answers ${what} with ${status} in Kubo's shape`, async () => {
      const response = await call(path);
      expect(response.status).to.equal(status);
      const body = (await response.json()) as { Message: string; Code: number; Type: string };
      expect(body.Type).to.equal("error");
      expect(body.Code).to.equal(status === 500 ? 0 : 1);
      expect(body.Message).to.match(/^[^\n]{8,250}$/);
    });
  }

  it("answers unknown calls with 404 and other methods with 405", async () => {
    expect((await call("swarm/peers")).status).to.equal(404);
    for (const method of ["GET", "PUT", "DELETE"]) expect((await call("version", { method })).status).to.equal(405);
    expect((await fetch(`${node.url}/etc/passwd`)).status).to.equal(404);
  });

  for (const name of ["../../outside", "/etc/passwd", "a/../../b", "a//b", "a\0b", "..\\b", "x".repeat(2000)]) {
    it(`refuses the file name ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await expectRejection(all(ipfs.addAll([{ path: name, content: randomBytes(4) }])), Error, /not allowed/);
    });
  }

  it("refuses bodies that are no multipart, or are cut off", async () => {
    const boundary = { "content-type": "multipart/form-data; boundary=x" };
    const cases: [RequestInit, RegExp][] = [
      [{ body: "plain" }, /multipart/],
      [{ body: "{}", headers: { "content-type": "application/json" } }, /multipart/],
      [{ body: "abc", headers: { "content-type": "multipart/form-data" } }, /[Bb]oundary/],
      [{ body: "no boundary in here", headers: boundary }, /./],
      [{ body: '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhalf', headers: boundary }, /./],
      [{ body: "--x--\r\n", headers: boundary }, /required/],
    ];
    for (const [init, expected] of cases) {
      const response = await call("block/put", init);
      expect(response.status).to.equal(400);
      expect(((await response.json()) as { Message: string }).Message).to.match(expected);
    }
  });

  it("refuses what is too large with 413, and goes on serving", async () => {
    const tooLarge = async (path: string, bytes: number, init: RequestInit = {}): Promise<string> => {
      const form = new FormData();
      form.set("file", new Blob([Buffer.alloc(bytes)]));
      const response = await call(path, { body: form, ...init });
      expect(response.status).to.equal(413);
      return ((await response.json()) as { Message: string }).Message;
    };
    expect(await tooLarge("block/put", 2 * 1024 * 1024 + 1)).to.match(/2097152 bytes/);
    expect(await tooLarge("add", 17 * 1024 * 1024)).to.match(/16777216 bytes/);
    await expectRejection(ipfs.add(chunks(20)), Error, /16777216 bytes/);
    await expectRejection(ipfs.block.put(Buffer.alloc(3_000_000)), Error, /2097152 bytes/);
    expect(await ipfs.block.put(randomBytes(10))).to.be.instanceOf(CID);
  });
});

/** An upload whose length is not announced. */
async function* chunks(megabytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < megabytes; i++) yield await Promise.resolve(Buffer.alloc(1024 * 1024, i));
}
