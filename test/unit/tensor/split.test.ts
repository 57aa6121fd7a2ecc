import { expect } from "chai";
import { joinRows, shapeOf, shardCount, splitRows, tensor } from "@orion/protocol/tensor";

const rows = tensor("i16", [5, 2], Int16Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));

describe("batch split", () => {
  it("cuts rows in order and fills the last shard with zeros", () => {
    const shards = splitRows(rows, 2);
    expect(shards.map(({ data }) => Array.from(data))).to.deep.equal([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 0, 0],
    ]);
    expect(shards.map(shapeOf)).to.deep.equal([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
  });

  it("splits along the first meaningful axis, whatever the rank", () => {
    const image = tensor("u8", [3, 1, 1, 2], new Uint8Array([1, 2, 3, 4, 5, 6]));
    expect(splitRows(image, 1).map(shapeOf)).to.deep.equal([
      [1, 1, 1, 2],
      [1, 1, 1, 2],
      [1, 1, 1, 2],
    ]);
    const vector = tensor("i32", [3], new Int32Array([7, 8, 9]));
    expect(splitRows(vector, 2).map(({ data }) => Array.from(data))).to.deep.equal([
      [7, 8],
      [9, 0],
    ]);
  });

  it("counts shards", () => {
    expect([shardCount(1, 64), shardCount(64, 64), shardCount(65, 64)]).to.deep.equal([1, 1, 2]);
    for (const [n, r] of [
      [0, 1],
      [1, 0],
      [1.5, 1],
      [1, -1],
    ] as const) {
      expect(() => shardCount(n, r)).to.throw("positive integer");
    }
  });

  it("joins what it split, without the filled rows", () => {
    for (const batch of [1, 2, 3, 5, 8]) expect(joinRows(splitRows(rows, batch), 5, batch)).to.deep.equal(rows);
  });

  it("keeps every row of outputs with another first axis", () => {
    const sums = [1, 2, 3].map((value) => tensor("i32", [1, 2], new Int32Array([value, -value])));
    const joined = joinRows(sums, 5, 2);
    expect(shapeOf(joined)).to.deep.equal([3, 2]);
    expect(Array.from(joined.data)).to.deep.equal([1, -1, 2, -2, 3, -3]);
  });

  it("refuses outputs that are too few or of different types", () => {
    const shards = splitRows(rows, 2);
    expect(() => joinRows(shards.slice(1), 5, 2)).to.throw("2 outputs for the 3 shards of 5 rows");
    expect(() => joinRows([...shards.slice(1), rows], 5, 2)).to.throw("i16[5,2] where the first one is i16[2,2]");
    expect(() => joinRows([], 5, 2)).to.throw("0 outputs");
  });
});
