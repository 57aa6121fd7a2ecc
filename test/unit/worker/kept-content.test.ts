import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { createContentStore, startIpfsNode, type ContentStore } from "@orion/protocol/storage";

import { KeptContent } from "../../../worker/kept-content.ts";

const JOB = `0x${"ab".repeat(32)}`;
const OTHER = `0x${"cd".repeat(32)}`;

describe("content kept for the defence of claims", () => {
  let dir: string;
  let node: Awaited<ReturnType<typeof startIpfsNode>>;
  let store: ContentStore;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "orion-kept-"));
    node = await startIpfsNode({ dataDir: path.join(dir, "ipfs") });
    store = createContentStore({ url: node.url, retries: 0, timeoutMs: 1_000 });
  });
  afterEach(async () => {
    await node.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const keptIn = (): KeptContent => new KeptContent(path.join(dir, "kept"));

  it("answers from its own disk once the store has lost what was read, also after a restart", async () => {
    const bytes = randomBytes(5_000);
    const large = randomBytes(1_500_000);
    const cids = {
      bytes: await store.putBytes(bytes),
      large: await store.putBytes(large),
      dag: await store.putDag({ n: 1 }),
    };
    const first = keptIn().storeOf(JOB, store);
    await first.getBytes(cids.bytes, { maxBytes: 5_000 });
    await first.getBytes(cids.large, { maxBytes: 1_500_000 });
    await first.getDag(cids.dag);
    await node.stop();
    const again = keptIn().storeOf(JOB, store);
    expect(Buffer.compare(await again.getBytes(cids.bytes, { maxBytes: 5_000 }), bytes)).to.equal(0);
    expect(Buffer.compare(await again.getBytes(cids.large, { maxBytes: 1_500_000 }), large)).to.equal(0);
    expect(await again.getDag(cids.dag)).to.deep.equal({ n: 1 });
    node = await startIpfsNode({ dataDir: path.join(dir, "ipfs") });
  });

  it("keeps jobs apart, and forgets those that are not needed", async () => {
    const cid = await store.putBytes(randomBytes(100));
    await keptIn().storeOf(JOB, store).getBytes(cid, { maxBytes: 100 });
    await keptIn().storeOf(OTHER, store).getBytes(cid, { maxBytes: 100 });
    await keptIn().forgetExcept((jobId) => jobId === JOB);
    expect(await readdir(path.join(dir, "kept"))).to.deep.equal([JOB]);
    await new KeptContent(path.join(dir, "never made")).forgetExcept(() => false);
  });

  it("fetches anew what is damaged on its disk", async () => {
    const bytes = randomBytes(3_000);
    const cid = await store.putBytes(bytes);
    const kept = keptIn().storeOf(JOB, store);
    await kept.getBytes(cid, { maxBytes: 3_000 });
    const file = path.join(dir, "kept", JOB, cid.toString());
    for (const damage of [randomBytes(3_032), Buffer.alloc(0), (await readFile(file)).subarray(0, 100)]) {
      await writeFile(file, damage);
      expect(Buffer.compare(await kept.getBytes(cid, { maxBytes: 3_000 }), bytes)).to.equal(0);
    }
  });

  it("holds to the limit of each read", async () => {
    const cid = await store.putBytes(randomBytes(3_000));
    const kept = keptIn().storeOf(JOB, store);
    await kept.getBytes(cid, { maxBytes: 3_000 });
    const error = await kept.getBytes(cid, { maxBytes: 2_999 }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property("code", "INVALID_INPUT");
  });

  it("takes no more of the disk than it may, of all jobs together and over restarts, and has room again for what it forgets", async () => {
    const cids = [await store.putBytes(randomBytes(100)), await store.putBytes(randomBytes(100))] as const;
    const kept = (): KeptContent => new KeptContent(path.join(dir, "kept"), 180);
    const refusalOf = (content: KeptContent): Promise<unknown> =>
      content
        .storeOf(OTHER, store)
        .getBytes(cids[1], { maxBytes: 100 })
        .then(
          () => undefined,
          (reason: unknown) => reason,
        );
    const first = kept();
    await first.storeOf(JOB, store).getBytes(cids[0], { maxBytes: 100 });
    for (const content of [first, kept()]) {
      const refusal = await refusalOf(content);
      expect(refusal).to.have.property("code", "UNAVAILABLE");
      expect(refusal).to.have.property("hint").that.includes("--max-disk");
    }
    expect(await readdir(path.join(dir, "kept"))).to.deep.equal([JOB]);
    await first.forget(JOB);
    expect(await refusalOf(first)).to.equal(undefined);
  });

  it("says where there is no room", async () => {
    const cid = await store.putBytes(randomBytes(10));
    await writeFile(path.join(dir, "file"), "");
    const kept = new KeptContent(path.join(dir, "file")).storeOf(JOB, store);
    const error = await kept.getBytes(cid, { maxBytes: 10 }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property("code", "UNAVAILABLE");
    expect(error).to.have.property("hint").that.includes("--data-dir");
  });

  it("counts what is kept at the same time together", async () => {
    const cids = [await store.putBytes(randomBytes(100)), await store.putBytes(randomBytes(100))];
    const kept = new KeptContent(path.join(dir, "kept"), 150);
    const reads = cids.map((cid, i) => kept.storeOf(i === 0 ? JOB : OTHER, store).getBytes(cid, { maxBytes: 100 }));
    const outcomes = await Promise.allSettled(reads);
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(["fulfilled", "rejected"]);
  });
});
