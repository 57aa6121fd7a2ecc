import { expect } from "chai";
import type { CID } from "multiformats/cid";

import { encodeTerms, type Terms } from "@orion/protocol/chain";
import { fromHex, IntegrityError, InvalidInputError, OrionError, toHex } from "@orion/protocol/common";
import { loadProgram, openManifest, putManifest, type Manifest } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import {
  BlockNotFoundError,
  dagCidFromDigest,
  digestFromDagCid,
  RAW,
  cidOfBlock,
  type ContentStore,
} from "@orion/protocol/storage";
import { ProgramError, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

import { sharedInputProgram } from "../../support/network/shared-program.ts";
import { tinyImages, tinyProgram } from "../../support/network/tiny-job.ts";
import { shardsOf, startStore, storeJob, type StoredJob } from "./support.ts";

type ManifestDocument = Record<string, unknown> & { pages: CID[]; shared: CID[]; roots: CID; program: CID };
type PageDocument = Record<string, unknown> & { first: number; shards: CID[][] };

describe("manifests", function () {
  this.timeout(30_000);
  let store: ContentStore;
  let stop: () => Promise<void>;
  let job: StoredJob;
  let document: ManifestDocument;
  let page: PageDocument;

  const open = async (digest: string, terms: Terms = job.terms, jobId = job.jobId): Promise<Manifest> => {
    const load = (cid: CID): ReturnType<typeof loadProgram> =>
      loadProgram(store, cid, { sha256: nativeSha256, expectedRoot: terms.programRoot });
    return (await openManifest(store, digest, { jobId, terms }, load, { sha256: nativeSha256 })).manifest;
  };
  const openDocument = async (changes: Record<string, unknown>): Promise<Manifest> =>
    open(digestFromDagCid(await store.putDag({ ...document, ...changes })));
  const openWithPage = async (changes: Record<string, unknown>): Promise<Manifest> =>
    openDocument({ pages: [await store.putDag({ ...page, ...changes })] });
  const refusalOf = async (action: Promise<unknown>): Promise<OrionError> => {
    const error: unknown = await action.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(OrionError);
    return error as OrionError;
  };

  before(async () => {
    ({ store, stop } = await startStore());
    const { program, weights } = sharedInputProgram();
    job = await storeJob(store, program, [weights], [tinyImages(7), tinyImages(7, 2)]);
    const cid = await putManifest(store, { ...job, program: job.programCid });
    document = (await store.getDag(cid)) as ManifestDocument;
    page = (await store.getDag(document.pages[0] as CID)) as PageDocument;
  });
  after(() => stop());

  it("have the same address each time they are stored", async () => {
    const cids = [
      await putManifest(store, { ...job, program: job.programCid }),
      await putManifest(store, { ...job, program: job.programCid }),
    ];
    expect(cids[0]?.toString()).to.equal(cids[1]?.toString());
  });

  it("deliver every shard and the shared inputs as they were cut", async () => {
    const manifest = await openDocument({});
    const shared = await manifest.loadShared();
    expect(shared.map(({ data }) => [...data])).to.deep.equal(job.dataset.shared.map(({ data }) => [...data]));
    for (const [s, slots] of shardsOf(job.dataset).entries()) {
      const { tensors, roots } = await manifest.loadShard(s);
      expect(tensors.map(({ data }) => [...data])).to.deep.equal(slots.map(({ data }) => [...data]));
      expect(roots.map(toHex)).to.deep.equal(slots.map((slot) => toHex(tensorRoot(toBytes(slot), nativeSha256))));
    }
  });

  it("span pages of 256 shards", async () => {
    const large = await storeJob(store, tinyProgram(), [], [tinyImages(2 * 257)]);
    const cid = await putManifest(store, { ...large, program: large.programCid });
    const stored = (await store.getDag(cid)) as ManifestDocument;
    expect(stored.pages).to.have.length(2);
    const manifest = await open(digestFromDagCid(cid), large.terms, large.jobId);
    for (const s of [255, 256, 0]) {
      expect([...((await manifest.loadShard(s)).tensors[0] as Tensor).data]).to.deep.equal([
        ...(large.dataset.shard(s)[0] as Tensor).data,
      ]);
    }
  });

  describe("are refused", () => {
    it("for another job", async () => {
      expect((await refusalOf(openDocument({ job: new Uint8Array(32) }))).message).to.match(/another job/);
    });

    it("for other terms, one bit of them even", async () => {
      const terms = fromHex(encodeTerms(job.terms));
      terms[terms.length - 1] = (terms.at(-1) ?? 0) ^ 1;
      expect((await refusalOf(openDocument({ terms }))).message).to.match(/other terms/);
      expect(await refusalOf(openDocument({ terms: new Uint8Array(0) }))).to.be.instanceOf(IntegrityError);
    });

    it("for another program, whose weights are then never fetched", async () => {
      const other = await storeJob(store, tinyProgram(), [], [tinyImages(2)]);
      const [weights] = ((await store.getDag(other.programCid)) as { constants: CID[] }).constants;
      let fetched = 0;
      const counting: ContentStore = {
        ...store,
        getBytes: (cid, options) => {
          if (cid.equals(weights)) fetched++;
          return store.getBytes(cid, options);
        },
      };
      const digest = digestFromDagCid(await store.putDag({ ...document, program: other.programCid }));
      const load = (cid: CID): ReturnType<typeof loadProgram> =>
        loadProgram(counting, cid, { expectedRoot: job.terms.programRoot });
      const error = await refusalOf(openManifest(counting, digest, job, load));
      expect(error).to.be.instanceOf(IntegrityError);
      expect(error.message).to.match(/has the root/);
      expect(fetched).to.equal(0);
    });

    it("with too few and too many roots", async () => {
      const flat = await store.getBytes(document.roots, { maxBytes: 1024 });
      for (const bytes of [
        flat.slice(32),
        new Uint8Array([...flat, ...flat.slice(0, 32)]),
        flat.slice(0, -1),
        new Uint8Array(0),
      ]) {
        expect((await refusalOf(openDocument({ roots: await store.putBytes(bytes) }))).message).to.match(
          /slot roots|larger than/,
        );
      }
    });

    it("with roots in another order, or one bit of a root changed", async () => {
      const flat = await store.getBytes(document.roots, { maxBytes: 1024 });
      const swapped = new Uint8Array([...flat.slice(32, 64), ...flat.slice(0, 32), ...flat.slice(64)]);
      const bent = flat.slice();
      bent[40] = (bent[40] ?? 0) ^ 1;
      for (const bytes of [swapped, bent]) {
        expect((await refusalOf(openDocument({ roots: await store.putBytes(bytes) }))).message).to.match(
          /do not hash to the inputs root/,
        );
      }
    });

    it("with the wrong number of pages or of shared inputs", async () => {
      const [first] = document.pages as [CID];
      expect((await refusalOf(openDocument({ pages: [first, first] }))).message).to.match(/number of pages/);
      expect((await refusalOf(openDocument({ shared: [] }))).message).to.match(/number of shared inputs/);
    });

    it("when they are no manifest, or missing", async () => {
      const page = digestFromDagCid(document.pages[0] as CID);
      expect((await refusalOf(open(page))).message).to.match(/is not a manifest\/1 document/);
      expect(await refusalOf(open(`0x${"5".repeat(64)}`))).to.be.instanceOf(BlockNotFoundError);
    });
  });

  describe("whose roots are right but whose pages lie", () => {
    it("deliver no exchanged shards", async () => {
      const manifest = await openWithPage({ shards: [page.shards[1], page.shards[0], ...page.shards.slice(2)] });
      expect((await refusalOf(manifest.loadShard(0))).message).to.match(/has the tensor root/);
      expect((await manifest.loadShard(2)).tensors).to.have.length(2);
    });

    it("deliver no exchanged slots of one shard", async () => {
      const [first, ...rest] = page.shards as [CID[], ...CID[][]];
      const manifest = await openWithPage({ shards: [first.toReversed(), ...rest] });
      expect(await refusalOf(manifest.loadShard(0))).to.be.instanceOf(IntegrityError);
    });

    it("are found out by a wrong first shard, number of shards or number of slots", async () => {
      const [first, ...rest] = page.shards as [CID[], ...CID[][]];
      for (const changes of [{ first: 256 }, { first: 1 }, { shards: rest }, { shards: [first, ...page.shards] }]) {
        const manifest = await openWithPage(changes);
        expect((await refusalOf(manifest.loadShard(0))).message).to.match(/does not hold its shards/);
      }
      const manifest = await openWithPage({ shards: [first.slice(1), ...rest] });
      expect((await refusalOf(manifest.loadShard(0))).message).to.match(/has 1 slots/);
    });

    it("deliver no tensor that is too short, too long or missing", async () => {
      const [, ...rest] = page.shards as [CID[], ...CID[][]];
      const tensorOf = async (bytes: Uint8Array): Promise<CID> => store.putBytes(bytes);
      const missing = await cidOfBlock(RAW, new Uint8Array(72).fill(123));
      const bad: [CID, string][] = [
        [await tensorOf(new Uint8Array(71)), "71 bytes"],
        [await tensorOf(new Uint8Array(73)), "larger than"],
        [missing, "does not have"],
        [document.pages[0] as CID, "codec"],
      ];
      for (const [cid, message] of bad) {
        const manifest = await openWithPage({ shards: [[cid, cid], ...rest] });
        expect((await refusalOf(manifest.loadShard(0))).message).to.include(message);
      }
    });

    it("are unavailable while a page is missing, and work once it is there", async () => {
      const late = { ...page, shards: page.shards.map((slots) => [...slots]) };
      const cid = dagCidFromDigest(`0x${"7".repeat(64)}`);
      const manifest = await openDocument({ pages: [cid] });
      expect((await refusalOf(manifest.loadShard(0))).retryable).to.equal(true);
      const mended = await openWithPage(late);
      expect((await mended.loadShard(0)).tensors).to.have.length(2);
    });
  });

  describe("name programs that", () => {
    it("are refused before their weights are fetched when they need too much memory", async () => {
      const error = await refusalOf(loadProgram(store, job.programCid, { maxBytes: job.program.facts.peakBytes - 1n }));
      expect(error).to.be.instanceOf(InvalidInputError);
      expect(error.message).to.match(/bytes of memory, the limit is/);
      await loadProgram(store, job.programCid, { maxBytes: job.program.facts.peakBytes });
    });

    it("are refused when weights are missing, too many, of another size or altered", async () => {
      const tiny = await storeJob(store, tinyProgram(), [], [tinyImages(2)]);
      const stored = (await store.getDag(tiny.programCid)) as { constants: CID[]; program: CID };
      const [first, ...rest] = stored.constants as [CID, ...CID[]];
      const altered = await store.getBytes(first, { maxBytes: 1024 });
      altered[0] = (altered[0] ?? 0) ^ 1;
      const bad: [CID[], RegExp][] = [
        [rest, /links 3 constants but has 4/],
        [[first, ...stored.constants], /links 5 constants/],
        [[rest[0] as CID, first, ...rest.slice(1)], /larger than|bytes, a tensor of/],
        [[await store.putBytes(altered), ...rest], /has the tensor root/],
      ];
      for (const [constants, message] of bad) {
        const cid = await store.putDag({ ...stored, constants });
        expect((await refusalOf(loadProgram(store, cid))).message).to.match(message);
      }
    });

    it("are refused when the file is truncated, oversized or noise", async () => {
      const stored = (await store.getDag(job.programCid)) as { program: CID };
      const file = await store.getBytes(stored.program, { maxBytes: 2 ** 16 });
      for (const bytes of [
        file.slice(0, -1),
        new Uint8Array([...file, 0]),
        new Uint8Array(500).fill(9),
        new Uint8Array(0),
      ]) {
        const cid = await store.putDag({ ...stored, program: await store.putBytes(bytes) });
        const error: unknown = await loadProgram(store, cid).catch((reason: unknown) => reason);
        expect(error, String(bytes.length)).to.be.instanceOf(ProgramError);
      }
    });
  });
});
