import { expect } from "chai";
import { zipSync } from "fflate";

import { readData } from "../../../../protocol/models/data/read-data.ts";
import { readNpy, writeNpy } from "../../../../protocol/models/data/npy.ts";
import { readNpz, writeNpz } from "../../../../protocol/models/data/npz.ts";
import { readSafetensors, writeSafetensors } from "../../../../protocol/models/data/safetensors.ts";
import { tensorFrom } from "../../../../protocol/models/graph/tensors.ts";
import { type GraphTensor, VALUE_TYPES } from "../../../../protocol/models/graph/types.ts";
import { joinNpy } from "../../../../protocol/tensor/npy.ts";

const npy = (
  descr: string,
  shape: readonly number[],
  content: ArrayBuffer | Uint8Array,
  isFortran = false,
): Uint8Array => {
  const file = joinNpy(descr, shape, new Uint8Array(content));
  if (!isFortran) return file;
  const text = Buffer.from(file).toString("latin1").replace("False", "True ");
  return new Uint8Array(Buffer.from(text, "latin1"));
};
const plain = ({ type, dims, data }: GraphTensor): unknown => ({
  type,
  dims,
  data: Array.from(data as Iterable<unknown>),
});

describe(".npy data", () => {
  it("comes back in every type and rank that it can be written in", () => {
    for (const type of VALUE_TYPES) {
      for (const dims of [[], [3], [2, 3], [1, 2, 1, 3, 1]]) {
        const count = dims.reduce((product, dim) => product * dim, 1);
        const tensor = tensorFrom(
          type,
          dims,
          Array.from({ length: count }, (_, i) => i % 2),
        );
        expect(plain(readNpy(writeNpy(tensor))), `${type} ${String(dims)}`).to.deep.equal(plain(tensor));
      }
    }
  });

  it("is converted from big-endian, Fortran order, halves and unsigned integers", () => {
    const big = new DataView(new ArrayBuffer(8));
    big.setFloat32(0, 1.5);
    big.setFloat32(4, -2);
    expect(plain(readNpy(npy(">f4", [2], big.buffer)))).to.deep.equal({ type: "f32", dims: [2], data: [1.5, -2] });
    const columns = new Int16Array([1, 4, 2, 5, 3, 6]);
    expect(plain(readNpy(npy("<i2", [2, 3], columns.buffer, true)))).to.deep.equal({
      ...{ type: "i16", dims: [2, 3], data: [1, 2, 3, 4, 5, 6] },
    });
    const wide = new BigInt64Array([1n, 3n, 2n, 4n]);
    expect(plain(readNpy(npy("<i8", [2, 2], wide.buffer, true)))).to.deep.equal({
      ...{ type: "i64", dims: [2, 2], data: [1n, 2n, 3n, 4n] },
    });
    const halves = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00]);
    expect(plain(readNpy(npy("<f2", [4], halves.buffer)))).to.deep.equal({
      ...{ type: "f32", dims: [4], data: [1, -2, 2 ** -24, Infinity] },
    });
    expect(plain(readNpy(npy("<u2", [1], new Uint16Array([65_535]).buffer)))).to.deep.equal({
      ...{ type: "i32", dims: [1], data: [65_535] },
    });
    expect(plain(readNpy(npy("<u4", [1], new Uint32Array([2 ** 32 - 1]).buffer)))).to.deep.equal({
      ...{ type: "i64", dims: [1], data: [4_294_967_295n] },
    });
  });

  it("is refused with a sentence where it holds no numbers, or not as many as it says", () => {
    expect(() => readNpy(npy("|O", [1], new Uint8Array(8)))).to.throw(/element type is \|O/);
    expect(() => readNpy(npy("<c8", [1], new Uint8Array(8)))).to.throw(/element type is <c8/);
    expect(() => readNpy(npy("<f4", [3], new Uint8Array(8)))).to.throw(/needs 12 bytes of content, but it has 8/);
    expect(() => readNpy(npy("<f4", [100_000, 100_000], new Uint8Array(8)))).to.throw(/more than 268435456 elements/);
    expect(() => readNpy(npy("<f4", new Array<number>(9).fill(1), new Uint8Array(4)))).to.throw(/9 axes/);
  });
});

describe("named arrays", () => {
  const arrays = new Map<string, GraphTensor>([
    ["image", tensorFrom("f32", [2, 2], [1, 2, 3, 4])],
    ["length", tensorFrom("i64", [], [7])],
    ["ä mask", tensorFrom("bool", [3], [1, 0, 1])],
  ]);
  const plainly = (named: ReadonlyMap<string, GraphTensor>): unknown =>
    [...named].map(([name, tensor]) => [name, plain(tensor)]);

  it("come back from .npz and from safetensors, and equal ones give equal files", () => {
    expect(plainly(readNpz(writeNpz(arrays)))).to.deep.equal(plainly(arrays));
    expect(plainly(readSafetensors(writeSafetensors(arrays)))).to.deep.equal(plainly(arrays));
    expect(writeNpz(arrays)).to.deep.equal(writeNpz(arrays));
  });

  it("are read from compressed .npz files, other files in them are passed over", () => {
    const files = { "x.npy": writeNpy(tensorFrom("i8", [4], [1, 2, 3, 4])), "readme.txt": new Uint8Array(3) };
    expect(plainly(readNpz(zipSync(files, { level: 9 })))).to.deep.equal([
      ["x", { type: "i8", dims: [4], data: [1, 2, 3, 4] }],
    ]);
  });

  it("are refused before they are unpacked where they are too large", () => {
    const bomb = zipSync({ "x.npy": new Uint8Array(2 ** 20) }, { level: 9 });
    expect(() => readNpz(bomb, 1_000)).to.throw(/more than 1000 bytes/);
  });

  it("are told apart by their first bytes", () => {
    expect(readData(writeNpy(tensorFrom("i8", [1], [5])))).to.have.property("array");
    expect(readData(writeNpz(arrays))).to.have.property("arrays");
    expect(readData(writeSafetensors(arrays))).to.have.property("arrays");
    expect(() => readData(new Uint8Array(20))).to.throw(/neither .npy nor .npz nor safetensors/);
  });

  it("of damaged files give a readable error and nothing else, wherever the damage is", () => {
    for (const whole of [writeNpz(arrays), writeSafetensors(arrays), writeNpy(arrays.get("image")!)]) {
      for (let at = 0; at < whole.length; at++) {
        for (const damaged of [whole.slice(0, at), whole.map((byte, i) => (i === at ? byte ^ 0xff : byte))]) {
          try {
            readData(damaged);
          } catch (error) {
            expect((error as { code?: string }).code, String(error)).to.be.oneOf(["INVALID_INPUT", "INVALID_NPY"]);
          }
        }
      }
    }
  });
});
