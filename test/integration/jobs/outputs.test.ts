import { expect } from "chai";
import { id } from "ethers";
import type { CID } from "multiformats/cid";

import { fromHex, IntegrityError, InvalidInputError, OrionError, toHex } from "@orion/protocol/common";
import {
  checkProgram,
  loadDataset,
  loadDatasetFiles,
  loadOutputs,
  loadResult,
  openOutputs,
  putOutputs,
  putResult,
  type CommittedClaim,
  type PublishedResult,
} from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "@orion/protocol/storage";
import { claimRoot, encodeNpy, interpret, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

import { sharedInputProgram } from "../../support/network/shared-program.ts";
import { expectedResult, tinyImages, tinyProgram } from "../../support/network/tiny-job.ts";
import { startStore, storeJob, type StoredJob } from "./support.ts";

const io = { sha256: nativeSha256 };

async function refusalOf(action: Promise<unknown>): Promise<OrionError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(OrionError);
  return error as OrionError;
}

describe("what workers and aggregators publish", function () {
  this.timeout(30_000);
  let store: ContentStore;
  let stop: () => Promise<void>;
  let job: StoredJob;
  let claim: CommittedClaim;
  let outputs: Tensor[];
  let nodeRoots: Uint8Array[][];
  const images = tinyImages(7);

  before(async () => {
    ({ store, stop } = await startStore());
    job = await storeJob(store, tinyProgram(), [], [images]);
    const { program, constants } = job.program;
    const values = job.dataset.shards.map((shard) => interpret(program, { constants, shared: [], shard }));
    nodeRoots = values.map((nodes) => nodes.map((tensor) => tensorRoot(toBytes(tensor), nativeSha256)));
    outputs = values.map((nodes) => nodes[program.outputNode] as Tensor);
    claim = await publish(0, 4, id("key"));
  });
  after(() => stop());

  const publish = async (from: number, to: number, key: string): Promise<CommittedClaim> => {
    const mine = { outputs: outputs.slice(from, to), nodeRoots: nodeRoots.slice(from, to) };
    const root = claimRoot(mine.nodeRoots, nativeSha256);
    const digest = await putOutputs(store, { key, claimRoot: root, from, to, ...mine });
    return { key, claimRoot: toHex(root), outputs: digest, from, to };
  };
  const republish = async (changes: Record<string, unknown>, of = claim): Promise<CommittedClaim> => {
    const document = (await store.getDag(dagCidFromDigest(of.outputs))) as Record<string, unknown>;
    return { ...of, outputs: digestFromDagCid(await store.putDag({ ...document, ...changes })) };
  };
  const documentOf = async (digest: string): Promise<{ shards: CID[]; roots: CID; output: CID }> =>
    (await store.getDag(dagCidFromDigest(digest))) as { shards: CID[]; roots: CID; output: CID };

  describe("outputs", () => {
    it("come back as they were, with all roots", async () => {
      const loaded = await loadOutputs(store, claim, job.program, io);
      expect(loaded.outputs.map(({ data }) => [...data])).to.deep.equal(outputs.map(({ data }) => [...data]));
      expect(loaded.nodeRoots).to.deep.equal(nodeRoots);
      expect(loaded.outputRoots).to.deep.equal(nodeRoots.map((roots) => roots[job.program.program.outputNode]));
    });

    it("are opened one shard at a time, by the shard's number in the job", async () => {
      const later = await publish(2, 4, id("later"));
      const opened = await openOutputs(store, later, job.program, io);
      expect([...(await opened.load(3)).data]).to.deep.equal([...(outputs[3] as Tensor).data]);
      for (const outside of [1, 4, -1, 0.5]) {
        expect(await refusalOf(opened.load(outside))).to.be.instanceOf(InvalidInputError);
      }
    });

    it("are refused under another key, root or range", async () => {
      const wrong: CommittedClaim[] = [
        { ...claim, key: id("other") },
        { ...claim, claimRoot: id("other") },
        { ...claim, from: 1, to: 5 },
        { ...claim, to: 3 },
        await republish({ key: fromHex(id("other")) }),
        await republish({ root: fromHex(id("other")) }),
        await republish({ from: 1, to: 5 }),
      ];
      for (const other of wrong) {
        expect((await refusalOf(loadOutputs(store, other, job.program, io))).message).to.match(
          /labelled for another claim/,
        );
      }
    });

    it("are refused when one node root differs, however far from the output", async () => {
      const { roots } = await documentOf(claim.outputs);
      const flat = await store.getBytes(roots, { maxBytes: 2 ** 16 });
      for (const at of [0, flat.length - 1]) {
        const bent = flat.slice();
        bent[at] = (bent[at] ?? 0) ^ 1;
        const changed = await republish({ roots: await store.putBytes(bent) });
        expect((await refusalOf(loadOutputs(store, changed, job.program, io))).message).to.match(
          /do not hash to the committed root/,
        );
      }
    });

    it("are refused with too few roots or shards", async () => {
      const { roots, shards } = await documentOf(claim.outputs);
      const flat = await store.getBytes(roots, { maxBytes: 2 ** 16 });
      const few = await republish({ roots: await store.putBytes(flat.slice(32)) });
      expect((await refusalOf(loadOutputs(store, few, job.program, io))).message).to.match(
        /wrong number of node roots/,
      );
      const more = await republish({ roots: await store.putBytes(new Uint8Array([...flat, ...flat])) });
      expect((await refusalOf(loadOutputs(store, more, job.program, io))).message).to.match(/larger than/);
      const short = await republish({ shards: shards.slice(1) });
      expect((await refusalOf(loadOutputs(store, short, job.program, io))).message).to.match(
        /list 3 shards, the claim has 4/,
      );
    });

    it("are refused with an altered, exchanged, cut or missing tensor", async () => {
      const { shards } = await documentOf(claim.outputs);
      const [first, second, ...rest] = shards as [CID, CID, ...CID[]];
      const bytes = toBytes(outputs[0] as Tensor).slice();
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      const bad: [CID[], RegExp][] = [
        [[await store.putBytes(bytes), second, ...rest], /has the tensor root/],
        [[await store.putBytes(bytes.slice(1)), second, ...rest], /a tensor of 8 was announced/],
        [[dagCidFromDigest(id("nowhere")), second, ...rest], /does not have|codec/],
      ];
      if (!first.equals(second)) bad.push([[second, first, ...rest], /has the tensor root/]);
      for (const [links, message] of bad) {
        expect(
          (await refusalOf(loadOutputs(store, await republish({ shards: links }), job.program, io))).message,
        ).to.match(message);
      }
    });
  });

  describe("results", () => {
    let result: PublishedResult;
    const about = (): Parameters<typeof loadResult>[2] => ({
      jobId: job.jobId,
      terms: job.terms,
      program: job.program,
    });
    const load = (digest: string, root = result.root): ReturnType<typeof loadResult> =>
      loadResult(store, digest, about(), root, io);
    const changed = async (changes: Record<string, unknown>): Promise<string> => {
      const document = (await store.getDag(dagCidFromDigest(result.digest))) as Record<string, unknown>;
      return digestFromDagCid(await store.putDag({ ...document, ...changes }));
    };

    before(async () => {
      const roots = nodeRoots.map((of) => of[job.program.program.outputNode] as Uint8Array);
      result = await putResult(store, { ...job, loaded: job.program }, outputs, roots, nativeSha256);
    });

    it("hold the rows of the input, and are the same each time", async () => {
      const { tensor } = await load(result.digest);
      expect(tensor.dims[2]).to.equal(7);
      expect([...tensor.data]).to.deep.equal([...expectedResult(job.program, images).data]);
      const roots = nodeRoots.map((of) => of[job.program.program.outputNode] as Uint8Array);
      const again = await putResult(store, { ...job, loaded: job.program }, outputs, roots, nativeSha256);
      expect(again).to.deep.equal(result);
    });

    it("are refused for another job or root", async () => {
      expect((await refusalOf(load(await changed({ job: new Uint8Array(32) })))).message).to.match(/another job/);
      expect((await refusalOf(load(result.digest, id("other")))).message).to.match(/does not hash to/);
      expect((await refusalOf(load(await changed({ root: new Uint8Array(32) })))).message).to.match(/does not hash to/);
    });

    it("are refused when a whole shard differs from its root, or the shape is another", async () => {
      const { tensor } = await load(result.digest);
      const data = tensor.data.slice();
      data[0] = (data[0] ?? 0) + 1;
      const bent = await changed({ output: await store.putBytes(encodeNpy({ ...tensor, data })) });
      expect((await refusalOf(load(bent))).message).to.match(/shard 0 differs from its root/);
      const longer = { ...tensor, dims: [1, 1, 8, 1] as const, data: new Int32Array(8) };
      const long = await changed({ output: await store.putBytes(encodeNpy(longer)) });
      expect((await refusalOf(load(long))).message).to.match(/another shape/);
    });

    it("are refused with the wrong number of roots, or a file that is none", async () => {
      const { roots } = await documentOf(result.digest);
      const flat = await store.getBytes(roots, { maxBytes: 1024 });
      const few = await changed({ roots: await store.putBytes(flat.slice(32)) });
      expect((await refusalOf(load(few))).message).to.match(/wrong number of output roots/);
      const noise = await changed({ output: await store.putBytes(new Uint8Array(100)) });
      expect((await refusalOf(load(noise))).message).to.not.equal("");
      const large = loadResult(store, result.digest, about(), result.root, { ...io, maxBytes: 10 });
      expect((await refusalOf(large)).message).to.match(/larger than the 10 bytes/);
    });
  });

  describe("data sets", () => {
    it("come back file by file, and cut to the same root", async () => {
      const document = await loadDataset(store, job.datasetCid);
      const program = await checkProgram(store, document.program, io);
      const files = await loadDatasetFiles(store, document, program, 7);
      expect(files.inputs.map((file) => toHex(file))).to.deep.equal([toHex(encodeNpy(images))]);
    });

    it("are not fetched when they are larger than program and rows make them", async () => {
      const document = await loadDataset(store, job.datasetCid);
      const padded = new Uint8Array(7 * 36 + 16_385);
      const fat = { shared: [], inputs: [await store.putBytes(padded)] };
      expect((await refusalOf(loadDatasetFiles(store, fat, job.program, 7))).message).to.match(/larger than/);
      const limit = { maxBytes: 16_384 };
      expect((await refusalOf(loadDatasetFiles(store, document, job.program, 7, limit))).message).to.match(
        /may have 16636 bytes/,
      );
    });

    it("are refused without one file per slot, and for a document that is none", async () => {
      const { program } = sharedInputProgram();
      const document = await loadDataset(store, job.datasetCid);
      expect((await refusalOf(loadDatasetFiles(store, document, program, 7))).message).to.match(/shared input slot/);
      expect(await refusalOf(loadDataset(store, job.programCid))).to.be.instanceOf(IntegrityError);
    });
  });
});
