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
  resultRootOf,
  type CommittedClaim,
  type PublishedResult,
} from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "@orion/protocol/storage";
import { encodeNpy, interpret, outputsRoot, shardLeaf, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

import { sharedInputProgram } from "../../support/network/shared-program.ts";
import { tinyImages } from "../../support/network/tiny-job.ts";
import { shardsOf, startStore, storeJob, twoOutputs, type StoredJob } from "./support.ts";

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
  this.timeout(60_000);
  let store: ContentStore;
  let stop: () => Promise<void>;
  let job: StoredJob;
  let claim: CommittedClaim;
  /** By shard, then by output. */
  let outputs: Tensor[][];
  let outputRoots: Uint8Array[][];
  const images = tinyImages(7);

  before(async () => {
    ({ store, stop } = await startStore());
    job = await storeJob(store, twoOutputs(), [], [images]);
    const { program, constants } = job.program;
    outputs = shardsOf(job.dataset).map((shard) => {
      const values = interpret(program, { constants, shared: [], shard });
      return program.outputNodes.map((node) => values[node] as Tensor);
    });
    outputRoots = outputs.map((of) => of.map((tensor) => tensorRoot(toBytes(tensor), nativeSha256)));
    claim = await publish(0, 4, id("key"));
  });
  after(() => stop());

  const publish = async (from: number, to: number, key: string): Promise<CommittedClaim> => {
    const mine = { outputs: outputs.slice(from, to), outputRoots: outputRoots.slice(from, to) };
    const leaves = mine.outputRoots.map((roots) => shardLeaf(roots, nativeSha256));
    const root = outputsRoot(leaves, nativeSha256);
    const digest = await putOutputs(store, { key, outputsRoot: root, from, to, ...mine });
    return { key, outputsRoot: toHex(root), outputs: digest, from, to };
  };
  const republish = async (changes: Record<string, unknown>, of = claim): Promise<CommittedClaim> => {
    const document = (await store.getDag(dagCidFromDigest(of.outputs))) as Record<string, unknown>;
    return { ...of, outputs: digestFromDagCid(await store.putDag({ ...document, ...changes })) };
  };
  const documentOf = async (digest: string): Promise<{ shards: CID[][]; roots: CID; outputs: CID[] }> =>
    (await store.getDag(dagCidFromDigest(digest))) as { shards: CID[][]; roots: CID; outputs: CID[] };
  const valuesOf = (of: readonly (readonly Tensor[])[]): number[][][] =>
    of.map((shard) => shard.map(({ data }) => [...data]));

  describe("outputs", () => {
    it("come back as they were, with their roots and leaves", async () => {
      const loaded = await loadOutputs(store, claim, job.program, io);
      expect(valuesOf(loaded.outputs)).to.deep.equal(valuesOf(outputs));
      expect(loaded.outputRoots).to.deep.equal(outputRoots);
      expect(loaded.leaves).to.deep.equal(outputRoots.map((roots) => shardLeaf(roots)));
    });

    it("are opened one by one, by the shard's number in the job", async () => {
      const later = await publish(2, 4, id("later"));
      const opened = await openOutputs(store, later, job.program, io);
      expect([...(await opened.load(3, 1)).data]).to.deep.equal([...(outputs[3]?.[1] as Tensor).data]);
      expect(valuesOf([await opened.loadShard(2)])).to.deep.equal(valuesOf([outputs[2] as Tensor[]]));
      for (const [shard, output] of [
        [1, 0],
        [4, 0],
        [-1, 0],
        [2.5, 0],
        [2, 2],
        [2, -1],
      ] as const) {
        expect(await refusalOf(opened.load(shard, output))).to.be.instanceOf(InvalidInputError);
      }
    });

    it("are refused under another key, root or range", async () => {
      const wrong: CommittedClaim[] = [
        { ...claim, key: id("other") },
        { ...claim, outputsRoot: id("other") },
        { ...claim, from: 1, to: 5 },
        { ...claim, to: 3 },
        await republish({ key: fromHex(id("other")) }),
        await republish({ outputsRoot: fromHex(id("other")) }),
        await republish({ from: 1, to: 5 }),
      ];
      for (const other of wrong) {
        expect((await refusalOf(loadOutputs(store, other, job.program, io))).message).to.match(
          /labelled for another claim/,
        );
      }
    });

    it("are refused when one root differs, is exchanged for another output's, or stands at another shard", async () => {
      const { roots } = await documentOf(claim.outputs);
      const flat = await store.getBytes(roots, { maxBytes: 2 ** 16 });
      const bent = (at: number): Uint8Array => flat.map((byte, i) => (i === at ? byte ^ 1 : byte));
      const exchanged = new Uint8Array([...flat.slice(32, 64), ...flat.slice(0, 32), ...flat.slice(64)]);
      const moved = new Uint8Array([...flat.slice(64, 128), ...flat.slice(0, 64), ...flat.slice(128)]);
      for (const other of [bent(0), bent(33), bent(flat.length - 1), exchanged, moved]) {
        const changed = await republish({ roots: await store.putBytes(other) });
        expect((await refusalOf(loadOutputs(store, changed, job.program, io))).message).to.match(
          /do not hash to the committed root/,
        );
      }
    });

    it("are refused with too few or too many roots, shards or outputs", async () => {
      const { roots, shards } = await documentOf(claim.outputs);
      const flat = await store.getBytes(roots, { maxBytes: 2 ** 16 });
      const few = await republish({ roots: await store.putBytes(flat.slice(32)) });
      expect((await refusalOf(loadOutputs(store, few, job.program, io))).message).to.match(
        /wrong number of output roots/,
      );
      const more = await republish({ roots: await store.putBytes(new Uint8Array([...flat, ...flat])) });
      expect((await refusalOf(loadOutputs(store, more, job.program, io))).message).to.match(/larger than/);
      const short = await republish({ shards: shards.slice(1) });
      expect((await refusalOf(loadOutputs(store, short, job.program, io))).message).to.match(
        /list 3 shards, the claim has 4/,
      );
      const [first, ...rest] = shards as [CID[], ...CID[][]];
      for (const links of [first.slice(1), [...first, ...first]]) {
        const uneven = await republish({ shards: [...rest, links] });
        expect((await refusalOf(loadOutputs(store, uneven, job.program, io))).message).to.match(
          new RegExp(`list ${String(links.length)} outputs of a shard, the program has 2`),
        );
      }
    });

    it("are refused with an altered, exchanged, cut or missing tensor", async () => {
      const { shards } = await documentOf(claim.outputs);
      const [[sums, mean], second, ...rest] = shards as [[CID, CID], CID[], ...CID[][]];
      const bytes = toBytes(outputs[0]?.[0] as Tensor).slice();
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      const altered = await store.putBytes(bytes);
      const bad: [CID[][], RegExp][] = [
        [[[altered, mean], second, ...rest], /has the tensor root/],
        [[[sums, second[1] as CID], second, ...rest], /has the tensor root/],
        [[[mean, sums], second, ...rest], /bytes, a tensor of 24 was announced|larger than/],
        [[[await store.putBytes(bytes.slice(1)), mean], second, ...rest], /a tensor of 24 was announced/],
        [[[dagCidFromDigest(id("nowhere")), mean], second, ...rest], /does not have|codec/],
      ];
      for (const [links, message] of bad) {
        expect(
          (await refusalOf(loadOutputs(store, await republish({ shards: links }), job.program, io))).message,
        ).to.match(message);
      }
    });

    it("of one output a shard have that output's root as their leaf", async () => {
      const { program } = sharedInputProgram();
      expect(program.program.outputNodes).to.have.length(1);
      const [tensor] = outputs[0] as [Tensor];
      const root = tensorRoot(toBytes(tensor));
      expect(resultRootOf([[root]])).to.deep.equal(root);
    });
  });

  describe("results", () => {
    let result: PublishedResult;
    const about = (): Parameters<typeof loadResult>[2] => ({
      jobId: job.jobId,
      terms: job.terms,
      program: job.program,
    });
    const load = (digest: string, output = 0, root = result.root): ReturnType<typeof loadResult> =>
      loadResult(store, digest, about(), output, root, io);
    const changed = async (changes: Record<string, unknown>): Promise<string> => {
      const document = (await store.getDag(dagCidFromDigest(result.digest))) as Record<string, unknown>;
      return digestFromDagCid(await store.putDag({ ...document, ...changes }));
    };
    const put = (): Promise<PublishedResult> =>
      putResult(store, { ...job, loaded: job.program }, outputs, outputRoots, nativeSha256);

    before(async () => {
      result = await put();
    });

    it("hold each output over all rows, and are the same each time", async () => {
      // Seven rows in shards of two: the row that filled the last shard is dropped where the first axis is the batch.
      const sums = (await load(result.digest, 0)).tensor;
      expect([sums.dtype, ...sums.dims]).to.deep.equal(["i16", 1, 1, 7, 6]);
      const joined = outputs.flatMap(([lines]) => [...(lines as Tensor).data]);
      expect([...sums.data]).to.deep.equal(joined.slice(0, 42));
      const means = (await load(result.digest, 1)).tensor;
      expect([means.dtype, ...means.dims]).to.deep.equal(["i8", 4, 6, 6, 1]);
      expect([...means.data]).to.deep.equal(outputs.flatMap(([, mean]) => [...(mean as Tensor).data]));
      expect(await put()).to.deep.equal(result);
    });

    it("have the root over all leaves of the job", () => {
      const leaves = outputRoots.map((roots) => shardLeaf(roots));
      expect(result.root).to.equal(toHex(outputsRoot(leaves)));
      expect(result.root).to.equal(toHex(resultRootOf(outputRoots)));
    });

    it("are refused for another job, root or output", async () => {
      expect((await refusalOf(load(await changed({ job: new Uint8Array(32) })))).message).to.match(/another job/);
      expect((await refusalOf(load(result.digest, 0, id("other")))).message).to.match(/does not hash to/);
      expect((await refusalOf(load(await changed({ root: new Uint8Array(32) })))).message).to.match(/does not hash to/);
      const none = await refusalOf(load(result.digest, 2));
      expect(none).to.be.instanceOf(InvalidInputError);
      expect(none.message).to.match(/2 output\(s\), none with index 2/);
      const { outputs: links } = await documentOf(result.digest);
      const fewer = await changed({ outputs: links.slice(1) });
      expect((await refusalOf(load(fewer))).message).to.match(/wrong number of outputs/);
    });

    it("are refused when a whole shard differs from its root, or the shape is another", async () => {
      const { outputs: links } = await documentOf(result.digest);
      for (const output of [0, 1]) {
        const { tensor } = await load(result.digest, output);
        const data = tensor.data.slice();
        data[0] = (data[0] ?? 0) ^ 1;
        const file = await store.putBytes(encodeNpy({ ...tensor, data }));
        const bent = await changed({ outputs: links.map((link, i) => (i === output ? file : link)) });
        expect((await refusalOf(load(bent, output))).message).to.match(/shard 0 differs from its root/);
        // The other output is not touched by that.
        expect((await load(bent, 1 - output)).tensor.dtype).to.equal(output === 0 ? "i8" : "i16");
      }
      const exchanged = await changed({ outputs: links.toReversed() });
      expect((await refusalOf(load(exchanged))).message).to.match(/another shape/);
    });

    it("are refused with the wrong number of roots, or a file that is none", async () => {
      const { roots, outputs: links } = await documentOf(result.digest);
      const flat = await store.getBytes(roots, { maxBytes: 1024 });
      const few = await changed({ roots: await store.putBytes(flat.slice(32)) });
      expect((await refusalOf(load(few))).message).to.match(/wrong number of output roots/);
      const noise = await changed({ outputs: [await store.putBytes(new Uint8Array(100)), links[1]] });
      expect((await refusalOf(load(noise))).message).to.not.equal("");
      const large = loadResult(store, result.digest, about(), 0, result.root, { ...io, maxBytes: 10 });
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
