import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { IntegrityError, InvalidInputError } from "@orion/protocol/common";
import { CHUNK_BYTES, createContentStore, createGatewayStore } from "@orion/protocol/storage";
import type { ContentStore } from "@orion/protocol/storage";
import { expect } from "chai";
import fc from "fast-check";
import { create } from "ipfs-http-client";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { expectRejection } from "../../unit/storage/support/rejection.ts";
import { openBlocks } from "../../../protocol/storage/node/blocks.ts";
import { cidOfBlock } from "../../../protocol/storage/block-hash.ts";
import { temporaryFolder, temporaryNode } from "./support/temporary-node.ts";

const SCRIPT = fileURLToPath(new URL("./support/node-process.ts", import.meta.url));

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

async function spawnNode(dataDir: string): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [SCRIPT, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const [url] = (await once(createInterface(child.stdout), "line")) as [string];
  return { url, process: child };
}

async function recursivePins(url: string): Promise<Set<string>> {
  const pins = new Set<string>();
  for await (const { cid } of create({ url }).pin.ls({ type: "recursive" })) pins.add(cid.toString());
  return pins;
}

async function blockFiles(dataDir: string): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, "blocks"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe("the node's data", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await temporaryFolder();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("outlasts a restart: blocks, files, values, pins and the node's id", async () => {
    const first = await temporaryNode({ dataDir });
    const store = createContentStore({ url: first.url });
    const file = randomBytes(CHUNK_BYTES + 77);
    const cids = [await store.putBytes(file), await store.putDag({ n: 1 })] as const;
    const id = (await create({ url: first.url }).id()).id.toString();
    await first.stop();

    const second = await temporaryNode({ dataDir });
    const again = createContentStore({ url: second.url });
    expect(Buffer.compare(await again.getBytes(cids[0], { maxBytes: file.length }), file)).to.equal(0);
    expect(await again.getDag(cids[1])).to.deep.equal({ n: 1 });
    expect([...(await recursivePins(second.url))].sort()).to.deep.equal(cids.map(String).sort());
    expect((await create({ url: second.url }).id()).id.toString()).to.equal(id);
    await second.stop();
  });

  it("outlasts kill -9 in the middle of writing: nothing that was acknowledged is lost or half there", async function () {
    this.timeout(60_000);
    const acknowledged = new Map<string, { cid: CID; bytes: Uint8Array }>();
    for (const wanted of [3, 8, 15]) {
      const node = await spawnNode(dataDir);
      const store = createContentStore({ url: node.url, retries: 0 });
      const writers = Array.from({ length: 6 }, (_, i) =>
        writeUntilItFails(store, acknowledged, i % 3 === 0 ? 1_500_000 : 40_000),
      );
      // The writers never pause, so whenever that many are acknowledged, others are being written.
      while (acknowledged.size < wanted) await new Promise((resolve) => setTimeout(resolve, 2));
      node.process.kill("SIGKILL");
      await Promise.all([...writers, once(node.process, "exit")]);
    }
    expect(acknowledged.size).to.be.at.least(15);
    const node = await temporaryNode({ dataDir });
    const store = createContentStore({ url: node.url });
    const pins = await recursivePins(node.url);
    for (const [text, { cid, bytes }] of acknowledged) {
      expect(Buffer.compare(await store.getBytes(cid, { maxBytes: bytes.byteLength }), bytes)).to.equal(0);
      expect(pins.has(text)).to.equal(true);
    }
    await node.stop();
  });

  it("outlasts kill -9 in the middle of batches: whatever a batch acknowledged is there, and pinned", async function () {
    this.timeout(60_000);
    const acknowledged: { bytes: Uint8Array; cid: CID }[] = [];
    for (const wanted of [100, 250, 400]) {
      const node = await spawnNode(dataDir);
      const store = createContentStore({ url: node.url, retries: 0 });
      const writers = Array.from({ length: 3 }, async () => {
        for (;;) {
          const contents = Array.from({ length: 40 }, () => new Uint8Array(randomBytes(30_000)));
          const cids = await store.putMany(contents).catch(() => undefined);
          if (cids === undefined) return; // the node was killed
          acknowledged.push(...contents.map((bytes, i) => ({ bytes, cid: cids[i] as CID })));
        }
      });
      while (acknowledged.length < wanted) await new Promise((resolve) => setTimeout(resolve, 2));
      node.process.kill("SIGKILL");
      await Promise.all([...writers, once(node.process, "exit")]);
    }
    const node = await temporaryNode({ dataDir });
    const store = createContentStore({ url: node.url });
    const pins = await recursivePins(node.url);
    for (const { cid, bytes } of acknowledged) {
      expect(Buffer.compare(await store.getBytes(cid, { maxBytes: bytes.byteLength }), bytes)).to.equal(0);
      expect(pins.has(cid.toString())).to.equal(true);
    }
    await node.stop();
    expect(await readdir(path.join(dataDir, "blocks", "drafts"))).to.deep.equal([]);
  });

  it("ends on SIGTERM by itself", async () => {
    const node = await spawnNode(dataDir);
    await createContentStore({ url: node.url }).version();
    node.process.kill("SIGTERM");
    const [code] = (await once(node.process, "exit")) as [number | null];
    expect(code).to.equal(0);
  });

  it("is checked when it is read: a damaged block is refused, and mended by storing it again", async () => {
    const node = await temporaryNode({ dataDir });
    const store = createContentStore({ url: node.url, retries: 0 });
    const gateway = createGatewayStore({ url: node.gatewayUrl, retries: 0 });
    const bytes = randomBytes(5000);
    const cid = await store.putBytes(bytes);
    const [file = ""] = await blockFiles(dataDir);
    const damages: ((file: string) => Promise<void>)[] = [
      async (name) => {
        const stored = await readFile(name);
        stored[17] = (stored[17] ?? 0) ^ 1;
        await writeFile(name, stored);
      },
      (name) => truncate(name, 1234),
      (name) => truncate(name, 0),
      (name) => writeFile(name, Buffer.alloc(3_000_000)),
    ];
    for (const damage of damages) {
      await damage(file);
      for (const reader of [store, gateway]) {
        await expectRejection(
          reader.getBytes(cid, { maxBytes: 5000 }),
          Error,
          /this node's disk gave wrong bytes|is damaged/,
        );
      }
      expect((await store.putBytes(bytes)).equals(cid)).to.equal(true);
      expect(Buffer.compare(await store.getBytes(cid, { maxBytes: 5000 }), bytes)).to.equal(0);
    }
    await node.stop();
  });

  it("is checked in packs too: a damaged block is refused and mended, others are not touched by it", async () => {
    const node = await temporaryNode({ dataDir });
    const store = createContentStore({ url: node.url, retries: 0 });
    const contents = Array.from({ length: 5 }, () => new Uint8Array(randomBytes(5000)));
    const cids = await store.putMany(contents);
    const [pack = "", ...more] = await blockFiles(dataDir);
    expect(more).to.deep.equal([]);
    const stored = await readFile(pack);
    const at = stored.indexOf(contents[3] ?? "");
    stored[at + 4000] = (stored[at + 4000] ?? 0) ^ 1;
    await writeFile(pack, stored.subarray(0, -1000));
    const read = (i: number): Promise<Uint8Array> => store.getBytes(cids[i] as CID, { maxBytes: 5000 });
    for (const damaged of [3, 4]) await expectRejection(read(damaged), Error, /this node's disk gave wrong bytes/);
    for (const whole of [0, 1, 2]) expect(await read(whole)).to.deep.equal(contents[whole]);
    await store.putBytes(contents[3] ?? new Uint8Array());
    expect(await read(3)).to.deep.equal(contents[3]);
    await store.putMany(contents);
    await node.stop();

    const again = await temporaryNode({ dataDir });
    const reader = createContentStore({ url: again.url });
    for (const [i, bytes] of contents.entries()) {
      expect(await reader.getBytes(cids[i] as CID, { maxBytes: 5000 })).to.deep.equal(bytes);
    }
    const { count, bytes } = await (await openBlocks(path.join(dataDir, "blocks"), 10_000)).stats();
    expect([count, bytes]).to.deep.equal([5, 25_000]);
    await again.stop();
  });

  it("starts with a pack whose head is damaged, says so, and takes its blocks again", async () => {
    const first = await temporaryNode({ dataDir });
    const contents = Array.from({ length: 3 }, () => new Uint8Array(randomBytes(100)));
    const cids = await createContentStore({ url: first.url }).putMany(contents);
    await first.stop();
    const [pack = ""] = await blockFiles(dataDir);
    const whole = await readFile(pack);
    for (const at of [0, 9, 11, 20, 50, 12 + 3 * 36]) {
      const bent = Buffer.from(whole);
      bent[at] = (bent[at] ?? 0) ^ 0x40;
      await writeFile(pack, bent);
      const damaged: string[] = [];
      const blocks = await openBlocks(path.join(dataDir, "blocks"), 1000, (file) => damaged.push(file));
      expect(damaged, `byte ${at}`).to.deep.equal([pack]);
      expect(await blocks.has(cids[0] as CID)).to.equal(false);
    }
    const logged: object[] = [];
    const log = { info: () => {}, warn: () => {}, error: (fields: object) => logged.push(fields) };
    const node = await temporaryNode({ dataDir, log });
    expect(logged).to.deep.equal([{ file: pack }]);
    const store = createContentStore({ url: node.url });
    await store.putMany(contents);
    expect(await store.getBytes(cids[2] as CID, { maxBytes: 100 })).to.deep.equal(contents[2]);
    await node.stop();
  });

  it("keeps pins made together, but for those removed since, over a restart", async () => {
    const first = await temporaryNode({ dataDir });
    const cids = await createContentStore({ url: first.url }).putMany(
      Array.from({ length: 6 }, () => new Uint8Array(randomBytes(50))),
    );
    const ipfs = create({ url: first.url });
    await ipfs.pin.add(cids[0] as CID, { name: "renamed" });
    await Promise.all([1, 2, 3].map((i) => ipfs.pin.rm(cids[i] as CID)));
    await ipfs.pin.add(cids[3] as CID);
    await first.stop();

    const second = await temporaryNode({ dataDir });
    const left = [0, 3, 4, 5].map((i) => String(cids[i])).sort();
    expect([...(await recursivePins(second.url))].sort()).to.deep.equal(left);
    for (const i of [0, 4, 5]) await create({ url: second.url }).pin.rm(cids[i] as CID);
    await second.stop();

    const third = await temporaryNode({ dataDir });
    expect([...(await recursivePins(third.url))]).to.deep.equal([String(cids[3])]);
    expect(await readdir(path.join(dataDir, "pins"))).to.have.length(1);
    await third.stop();
  });

  it("stays under its folder, whatever the CID", async () => {
    const blocks = await openBlocks(path.join(dataDir, "blocks"), 1000);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1000 }), fc.constantFrom(0x55, 0x70, 0x71), async (bytes, codec) => {
        const cid = await cidOfBlock(codec, bytes);
        await blocks.put(cid, bytes);
        expect(Buffer.compare(await blocks.get(cid), bytes)).to.equal(0);
      }),
      { numRuns: 30 },
    );
    expect(await readdir(dataDir)).to.deep.equal(["blocks"]);
    for (const file of await blockFiles(dataDir)) expect(path.basename(file)).to.match(/^[A-Z2-7]{40,70}\.data$/);
  });

  it("takes no block under a CID that is not its own", async () => {
    const blocks = await openBlocks(path.join(dataDir, "blocks"), 1000);
    const cid = await cidOfBlock(0x55, Buffer.from("one"));
    await expectRejection(blocks.put(cid, Buffer.from("two")), IntegrityError, /wrong bytes/);
    expect(await blocks.has(cid)).to.equal(false);
    const identity = CID.createV1(0x55, createDigest(0, Buffer.from("one")));
    await expectRejection(blocks.put(identity, Buffer.from("one")), InvalidInputError, /not a sha2-256/);
  });

  it("is written once for many writers of the same block", async () => {
    const blocks = await openBlocks(path.join(dataDir, "blocks"), CHUNK_BYTES);
    const bytes = randomBytes(700_000);
    const cid = await cidOfBlock(0x55, bytes);
    const readers = Array.from({ length: 40 }, async () => {
      await blocks.put(cid, bytes);
      expect(Buffer.compare(await blocks.get(cid), bytes)).to.equal(0);
    });
    await Promise.all(readers);
    expect(await blockFiles(dataDir)).to.have.length(1);
    expect(await blocks.stats()).to.deep.equal({ count: 1, bytes: 700_000 });
  });
});

async function writeUntilItFails(
  store: ContentStore,
  acknowledged: Map<string, { cid: CID; bytes: Uint8Array }>,
  size: number,
): Promise<void> {
  for (;;) {
    const bytes = randomBytes(size);
    try {
      const cid = await store.putBytes(bytes);
      acknowledged.set(cid.toString(), { cid, bytes });
    } catch {
      return; // the node was killed, which is the end of this writer
    }
  }
}
