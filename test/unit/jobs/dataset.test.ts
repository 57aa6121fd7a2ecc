import { expect } from "chai";
import fc from "fast-check";

import { InvalidInputError, toHex } from "@orion/protocol/common";
import { shardDataset } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { encodeNpy, merkleRoot, NpyError, tensor, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

import { sharedInputProgram } from "../../support/network/shared-program.ts";
import { BATCH, tinyImages, tinyProgram } from "../../support/network/tiny-job.ts";

const program = tinyProgram();
const shard = (images: Tensor): ReturnType<typeof shardDataset> =>
  shardDataset(program, { shared: [], inputs: [encodeNpy(images)] }, nativeSha256);

describe("shardDataset", () => {
  it("cuts rows in order and fills the last shard with zero rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (rows) => {
        const images = tinyImages(rows);
        const { shards, rows: counted } = shard(images);
        expect(counted).to.equal(rows);
        expect(shards).to.have.length(Math.ceil(rows / BATCH));
        const all = shards.flatMap(([slot]) => [...(slot as Tensor).data]);
        expect(all.slice(0, images.data.length)).to.deep.equal([...images.data]);
        expect(all.slice(images.data.length).every((value) => value === 0)).to.equal(true);
      }),
      { numRuns: 30 },
    );
  });

  it("has the inputs root that the leaves in the order of the protocol give", () => {
    const { program: shared, weights } = sharedInputProgram();
    const images = tinyImages(5);
    const cut = shardDataset(
      shared,
      { shared: [encodeNpy(weights)], inputs: [encodeNpy(images), encodeNpy(images)] },
      nativeSha256,
    );
    const roots = cut.shards.flat().map((slot) => tensorRoot(toBytes(slot), nativeSha256));
    const leaves = [tensorRoot(toBytes(weights), nativeSha256), ...roots];
    expect(toHex(cut.inputsRoot)).to.equal(toHex(merkleRoot(leaves, nativeSha256)));
    expect(cut.shards[0]).to.have.length(2);
  });

  it("gives another root when one value, or the order of two rows, is different", () => {
    const images = tinyImages(4);
    const root = toHex(shard(images).inputsRoot);
    const changed = { ...images, data: images.data.slice() };
    changed.data[100] = (changed.data[100] ?? 0) ^ 1;
    expect(toHex(shard(changed).inputsRoot)).to.not.equal(root);
    const half = images.data.length / 2;
    const swapped = Int8Array.from([...images.data.slice(half), ...images.data.slice(0, half)]);
    expect(toHex(shard({ ...images, data: swapped }).inputsRoot)).to.not.equal(root);
  });

  it("names the number of files that the program wants", () => {
    const file = encodeNpy(tinyImages(2));
    expect(() => shardDataset(program, { shared: [], inputs: [] })).to.throw(
      InvalidInputError,
      /1 input slot\(s\), 0 file/,
    );
    expect(() => shardDataset(program, { shared: [file], inputs: [file] })).to.throw(
      InvalidInputError,
      /0 shared input/,
    );
  });

  it("names what a slot expects and what the file holds", () => {
    const wrong: [Tensor, RegExp][] = [
      [tensor("i8", [4, 6, 5, 1], new Int8Array(120)), /expects i8\[rows,6,6,1\], the file holds i8\[4,6,5,1\]/],
      [tensor("u8", [4, 6, 6, 1], new Uint8Array(144)), /the file holds u8/],
      [tensor("i8", [4, 36], new Int8Array(144)), /the file holds i8\[4,36\]/],
    ];
    for (const [images, message] of wrong) expect(() => shard(images)).to.throw(InvalidInputError, message);
  });

  it("refuses a shared file that is not exactly the slot's, and inputs of different lengths", () => {
    const { program: shared, weights } = sharedInputProgram();
    const [four, five] = [encodeNpy(tinyImages(4)), encodeNpy(tinyImages(5))];
    const bad = tensor("i8", [1, 2], new Int8Array(2));
    expect(() => shardDataset(shared, { shared: [encodeNpy(bad)], inputs: [four, four] })).to.throw(
      InvalidInputError,
      /shared slot 0/,
    );
    const inputs = [four, five];
    expect(() => shardDataset(shared, { shared: [encodeNpy(weights)], inputs })).to.throw(
      InvalidInputError,
      /different numbers of rows: 4, 5/,
    );
  });

  it("refuses a truncated and an empty .npy with one line", () => {
    const file = encodeNpy(tinyImages(4));
    for (const bytes of [file.slice(0, -1), file.slice(0, 40), new Uint8Array(0), new Uint8Array([...file, 0])]) {
      expect(() => shardDataset(program, { shared: [], inputs: [bytes] })).to.throw(NpyError);
    }
  });
});
