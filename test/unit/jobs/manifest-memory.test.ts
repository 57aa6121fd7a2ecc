import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect } from "chai";
import { id, ZeroHash } from "ethers";
import { CID } from "multiformats/cid";

import { encodeTerms, type ManifestRecord } from "@orion/protocol/chain";
import { fromHex, IntegrityError, silentLogger, systemClock, toHex } from "@orion/protocol/common";
import { assembleProgram, openManifest, putManifest, shardDataset, type LoadedProgram } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { cidOfBlock, DAG_CBOR, digestFromDagCid, RAW, type ContentStore } from "@orion/protocol/storage";
import {
  encodeNpy,
  encodeProgram,
  FORMAT,
  merkleRoot,
  ProgramBuilder,
  tensor,
  tensorRoot,
} from "@orion/protocol/tensor";

import { JobContent } from "../../../protocol/jobs/job-content.ts";
import { plainTerms } from "../../support/network/tiny-job.ts";

/** As many input tensors as half the limit, 64 a shard, so that a page has 16,384 links. */
const [SLOTS, SHARDS] = [64, 2 ** 11];

/** The largest of many inputs of 8 bytes. */
function wideProgram(slots: number): LoadedProgram {
  const b = new ProgramBuilder();
  const [first, ...rest] = Array.from({ length: slots }, () => b.shardInput("u8", [1, 8]));
  const built = b.build(rest.reduce((largest, input) => b.max(largest, input), first as NonNullable<typeof first>));
  return assembleProgram(encodeProgram(built.program), built.constants, nativeSha256);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** What the last open left behind is gone a turn later. */
async function heapBytes(): Promise<number> {
  collect();
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe("a manifest of a job with many input tensors", () => {
  const loaded = wideProgram(SLOTS);
  const leaf = tensorRoot(new Uint8Array(8), nativeSha256);
  const inputsRoot = toHex(merkleRoot(Array<Uint8Array>(SLOTS * SHARDS).fill(leaf), nativeSha256));
  const terms = plainTerms(loaded, { dataset: ZeroHash, inputsRoot, rows: SHARDS, shards: SHARDS });
  const job = { jobId: id("wide"), terms };
  let [tensorLink, rootsLink, pageLink]: Uint8Array[] = [];
  let rootsFetched = 0;

  before(async () => {
    const link = async (n: number): Promise<Uint8Array> => (await cidOfBlock(RAW, Uint8Array.of(n))).bytes;
    [tensorLink, rootsLink, pageLink] = await Promise.all([link(1), link(2), link(3)]);
  });
  beforeEach(() => (rootsFetched = 0));

  /** Each answer is made anew, as if it came over a network. */
  const linkTo = (bytes: Uint8Array | undefined): CID => CID.decode((bytes as Uint8Array).slice());
  const store = {
    getDag: async (cid: CID) => {
      if (cid.code === RAW) {
        const shards = Array.from({ length: FORMAT.shardsPerPage }, () =>
          Array.from({ length: SLOTS }, () => linkTo(tensorLink)),
        );
        return { orion: "page/1", first: 0, shards };
      }
      const pages = Array.from({ length: SHARDS / FORMAT.shardsPerPage }, () => linkTo(pageLink));
      const [roots, program] = [linkTo(rootsLink), linkTo(tensorLink)];
      const fields = { job: fromHex(job.jobId), terms: fromHex(encodeTerms(terms)), program, roots, shared: [], pages };
      return { orion: "manifest/1", ...fields };
    },
    getBytes: async (cid: CID) => {
      if (!cid.equals(linkTo(rootsLink))) return new Uint8Array(8);
      rootsFetched++;
      const flat = new Uint8Array(32 * SLOTS * SHARDS);
      for (let at = 0; at < flat.length; at += 32) flat.set(leaf, at);
      return flat;
    },
  } as unknown as ContentStore;

  it("slot-root-memory: holds 32 bytes a tensor, and a page of links as bytes", async () => {
    const open = async () => {
      const { manifest } = await openManifest(store, ZeroHash, job, async () => loaded, { sha256: nativeSha256 });
      expect((await manifest.loadShard(255)).roots.map(toHex)).to.deep.equal(Array(SLOTS).fill(toHex(leaf)));
      return manifest;
    };
    await open();
    const before = await heapBytes();
    const manifest = await open();
    // The roots are 4 MiB and the links of the page 0.6 MB; as objects they take 15 MB and 11 MB.
    expect((await heapBytes()) - before).to.be.lessThan(6_500_000);
    expect(manifest.slotRoots).to.have.length(32 * SLOTS * SHARDS);
  });

  it("slot-roots-once: holds the roots once, however many manifests of the job are opened", async () => {
    const digests = await Promise.all(
      [1, 2, 3].map(async (n) => digestFromDagCid(await cidOfBlock(DAG_CBOR, Uint8Array.of(n)))),
    );
    const manifests = (): ManifestRecord[] => digests.map((digest) => ({ digest }) as unknown as ManifestRecord);
    const options = { maxMemoryBytes: 2n ** 31n, signal: new AbortController().signal, manifests };
    const document = { orion: "program/1", program: linkTo(rootsLink), constants: [] };
    const file = encodeProgram(loaded.program);
    const withProgram = {
      ...store,
      getDag: async (cid: CID) => (cid.equals(linkTo(tensorLink)) ? document : store.getDag(cid)),
      getBytes: async (cid: CID, limit: { maxBytes: number }) =>
        rootsFetched === 0 && limit.maxBytes > 32 * SLOTS * SHARDS ? file : store.getBytes(cid, limit),
    };
    const context = { store: withProgram, sha256: nativeSha256, clock: systemClock, log: silentLogger };
    const seen: Uint8Array[] = [];
    const read = new JobContent(context, job, options).read(async ({ slotRoots }) => {
      seen.push(slotRoots);
      throw new IntegrityError("its pages lead nowhere");
    });
    expect(await read.catch((error: unknown) => error)).to.be.instanceOf(IntegrityError);
    expect(seen).to.have.length(3);
    expect(new Set(seen).size).to.equal(1);
    expect(rootsFetched).to.equal(1);
  });
});

describe("storing a manifest", () => {
  const program = wideProgram(2);

  it("page-by-page: takes one page of shards at a time and lets others have their turn", async () => {
    const shards = 2 * FORMAT.shardsPerPage + 3;
    const files = { shared: [], inputs: [0, 1].map((n) => encodeNpy(rows(shards, n))) };
    const dataset = await shardDataset(program, files, { sha256: nativeSha256 });
    const terms = plainTerms(program, {
      dataset: ZeroHash,
      inputsRoot: toHex(dataset.inputsRoot),
      rows: shards,
      shards,
    });
    const cid = await cidOfBlock(RAW, Uint8Array.of(1));
    const [taken, progress]: [number[], number[]] = [[], []];
    let [cut, turns] = [0, 0];
    const store = {
      putBytes: async () => cid,
      putDag: async () => {
        taken.push(cut);
        cut = 0;
        return cid;
      },
      putMany: async (contents: AsyncIterable<Uint8Array>, options: { onStored?: (done: number) => void }) => {
        const cids: CID[] = [];
        for await (const bytes of contents) {
          expect(bytes).to.have.length(8);
          cids.push(cid);
          // Longer than a computation may keep a process for itself.
          if (cids.length % 200 === 0) for (const from = performance.now(); performance.now() - from < 45;);
        }
        options.onStored?.(cids.length);
        return cids;
      },
    } as unknown as ContentStore;
    const watched = {
      ...dataset,
      shard: (index: number) => {
        cut++;
        return dataset.shard(index);
      },
    };
    const timer = setInterval(() => turns++);
    const onProgress = (done: number): void => void progress.push(done);
    await putManifest(store, { jobId: id("wide"), terms, program: cid, dataset: watched }, { onProgress });
    clearInterval(timer);
    expect(taken).to.deep.equal([FORMAT.shardsPerPage, FORMAT.shardsPerPage, 3, 0]);
    expect(progress).to.deep.equal([FORMAT.shardsPerPage, 2 * FORMAT.shardsPerPage, shards]);
    expect(turns).to.be.greaterThan(2);
  });
});

function rows(count: number, seed: number): ReturnType<typeof tensor> {
  return tensor(
    "u8",
    [count, 8],
    Uint8Array.from({ length: 8 * count }, (_, i) => i * 7 + seed),
  );
}
