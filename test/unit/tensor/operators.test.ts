import { expect } from "chai";
import { OPERATORS, OPS } from "@orion/protocol/tensor";

/** Code, numbers of operands and number of attributes, as docs/PROTOCOL.md has them. */
const DOCUMENTED = {
  input: [0x01, [0], 2],
  constant: [0x02, [0], 0],
  matmul: [0x10, [3], 2],
  conv2d: [0x11, [3], 11],
  requantize: [0x20, [1], 4],
  add: [0x21, [2], 6],
  sub: [0x22, [2], 6],
  mul: [0x23, [2], 5],
  max: [0x24, [2], 0],
  min: [0x25, [2], 0],
  clamp: [0x26, [1], 2],
  lookup: [0x27, [2], 1],
  div: [0x28, [2], 0],
  isqrt: [0x29, [1], 0],
  view: [0x30, [1, 2], 21],
  reduceSum: [0x40, [1], 1],
  reduceMax: [0x41, [1], 1],
  argmax: [0x42, [1], 1],
  maxPool: [0x50, [1], 8],
  avgPool: [0x51, [1], 9],
};

describe("operator table", () => {
  it("is the documented one", () => {
    const found = Object.fromEntries(
      Object.values(OPERATORS).map(({ name, arity, attributes }) => [name, [OPS[name], arity, attributes]]),
    );
    expect(found).to.deep.equal(DOCUMENTED);
  });
});
