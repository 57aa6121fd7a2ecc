import { expect } from "chai";
import fc from "fast-check";

import { AbortedError, InvalidInputError, toHex } from "@orion/protocol/common";
import { cutDataset, MAX_SLOTS, shardDataset, type CutDataset } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import {
  encodeNpy,
  merkleRoot,
  NpyError,
  tensor,
  tensorRoot,
  toBytes,
  type Sha256,
  type Tensor,
} from "@orion/protocol/tensor";

import { sharedInputProgram } from "../../support/network/shared-program.ts";
import { BATCH, tinyImages, tinyProgram } from "../../support/network/tiny-job.ts";

const program = tinyProgram();
const cut = (images: Tensor): CutDataset => cutDataset(program, { shared: [], inputs: [encodeNpy(images)] });
const rootOf = async (images: Tensor): Promise<string> => {
  const files = { shared: [], inputs: [encodeNpy(images)] };
  return toHex((await shardDataset(program, files, { sha256: nativeSha256 })).inputsRoot);
};
const shardsOf = ({ shards, shard }: CutDataset): Tensor[][] => Array.from({ length: shards }, (_, s) => shard(s));

describe("cutting a data set", () => {
  it("cuts rows in order and fills the last shard with zero rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (rows) => {
        const images = tinyImages(rows);
        const dataset = cut(images);
        expect(dataset.rows).to.equal(rows);
        expect(dataset.shards).to.equal(Math.ceil(rows / BATCH));
        const all = shardsOf(dataset).flatMap(([slot]) => [...(slot as Tensor).data]);
        expect(all.slice(0, images.data.length)).to.deep.equal([...images.data]);
        expect(all.slice(images.data.length).every((value) => value === 0)).to.equal(true);
      }),
      { numRuns: 30 },
    );
  });

  it("has the inputs root that the leaves in the order of the protocol give", async () => {
    const { program: shared, weights } = sharedInputProgram();
    const images = tinyImages(5);
    const files = { shared: [encodeNpy(weights)], inputs: [encodeNpy(images), encodeNpy(images)] };
    const dataset = await shardDataset(shared, files, { sha256: nativeSha256 });
    const slots = shardsOf(dataset).flat();
    const leaves = [weights, ...slots].map((slot) => tensorRoot(toBytes(slot), nativeSha256));
    expect(toHex(dataset.slotRoots)).to.equal(toHex(Buffer.concat(leaves)));
    expect(toHex(dataset.inputsRoot)).to.equal(toHex(merkleRoot(leaves, nativeSha256)));
    expect(dataset.shard(0)).to.have.length(dataset.slots);
    expect(dataset.slots).to.equal(2);
  });

  it("gives another root when one value, or the order of two rows, is different", async () => {
    const images = tinyImages(4);
    const root = await rootOf(images);
    const changed = { ...images, data: images.data.slice() };
    changed.data[100] = (changed.data[100] ?? 0) ^ 1;
    expect(await rootOf(changed)).to.not.equal(root);
    const half = images.data.length / 2;
    const swapped = Int8Array.from([...images.data.slice(half), ...images.data.slice(0, half)]);
    expect(await rootOf({ ...images, data: swapped })).to.not.equal(root);
  });

  it("names the number of files that the program wants", () => {
    const file = encodeNpy(tinyImages(2));
    expect(() => cutDataset(program, { shared: [], inputs: [] })).to.throw(
      InvalidInputError,
      /1 input slot\(s\), 0 file/,
    );
    expect(() => cutDataset(program, { shared: [file], inputs: [file] })).to.throw(InvalidInputError, /0 shared input/);
  });

  it("names what a slot expects and what the file holds", () => {
    const wrong: [Tensor, RegExp][] = [
      [tensor("i8", [4, 6, 5, 1], new Int8Array(120)), /expects i8\[rows,6,6,1\], the file holds i8\[4,6,5,1\]/],
      [tensor("u8", [4, 6, 6, 1], new Uint8Array(144)), /the file holds u8/],
      [tensor("i8", [4, 36], new Int8Array(144)), /the file holds i8\[4,36\]/],
    ];
    for (const [images, message] of wrong) expect(() => cut(images)).to.throw(InvalidInputError, message);
  });

  it("refuses a shared file that is not exactly the slot's, and inputs of different lengths", () => {
    const { program: shared, weights } = sharedInputProgram();
    const [four, five] = [encodeNpy(tinyImages(4)), encodeNpy(tinyImages(5))];
    const bad = tensor("i8", [1, 2], new Int8Array(2));
    expect(() => cutDataset(shared, { shared: [encodeNpy(bad)], inputs: [four, four] })).to.throw(
      InvalidInputError,
      /shared slot 0/,
    );
    const inputs = [four, five];
    expect(() => cutDataset(shared, { shared: [encodeNpy(weights)], inputs })).to.throw(
      InvalidInputError,
      /different numbers of rows: 4, 5/,
    );
  });

  it("refuses a truncated and an empty .npy with one line", () => {
    const file = encodeNpy(tinyImages(4));
    for (const bytes of [file.slice(0, -1), file.slice(0, 40), new Uint8Array(0), new Uint8Array([...file, 0])]) {
      expect(() => cutDataset(program, { shared: [], inputs: [bytes] })).to.throw(NpyError);
    }
  });

  it("refuses more input tensors than one job may have, before it cuts any", () => {
    const images = tensor("i8", [BATCH * (MAX_SLOTS + 1), 6, 6, 1], new Int8Array(BATCH * (MAX_SLOTS + 1) * 36));
    expect(() => cut(images)).to.throw(InvalidInputError, /input tensors, the limit/);
  });

  it("yield-while-cutting: lets others have their turn between two shards, and stops for a signal", async () => {
    // Each hash takes longer than a computation may keep a process for itself.
    const slow = (from = performance.now()): void => {
      while (performance.now() - from < 45);
    };
    const sha256: Sha256 = {
      ...nativeSha256,
      digestRecords: (...all) => {
        slow();
        nativeSha256.digestRecords(...all);
      },
    };
    const files = { shared: [], inputs: [encodeNpy(tinyImages(4 * BATCH))] };
    const controller = new AbortController();
    let turns = 0;
    const timer = setInterval(() => turns++ === 2 && controller.abort());
    const cutting = shardDataset(program, files, { sha256, signal: controller.signal });
    await cutting.then(
      () => expect.fail("was not stopped"),
      (error: unknown) => expect(error).to.be.instanceOf(AbortedError),
    );
    clearInterval(timer);
  });
});
