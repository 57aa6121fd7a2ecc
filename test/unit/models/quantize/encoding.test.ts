import { expect } from "chai";

import {
  affine,
  decode,
  encode,
  encodeAll,
  represents,
  roundHalfEven,
  symmetric,
} from "../../../../protocol/models/quantize/encoding.ts";

describe("encodings of real numbers", () => {
  it("spend every step of a byte on the range, and store zero exactly", () => {
    const encoding = affine("i8", { low: -1, high: 3 });
    expect(encode(3, encoding)).to.equal(127);
    expect(encode(-1, encoding)).to.equal(-128);
    expect(decode(encode(0, encoding), encoding)).to.equal(0);
  });

  it("widen a range to hold zero", () => {
    expect(affine("u8", { low: 2, high: 5 })).to.deep.equal({ dtype: "u8", scale: 5 / 255, zeroPoint: 0 });
    expect(affine("i8", { low: -5, high: -2 }).zeroPoint).to.equal(127);
  });

  it("are symmetric around zero where they have no zero point", () => {
    const encoding = symmetric("i16", { low: -4, high: 1 });
    expect(encoding.zeroPoint).to.equal(0);
    expect(encode(-4, encoding)).to.equal(-32_767);
    expect(symmetric("i16", { low: 0, high: 0 }).scale).to.be.greaterThan(0);
  });

  it("saturate what lies outside, and know what does", () => {
    const encoding = { dtype: "i8", scale: 0.5, zeroPoint: 10 } as const;
    expect([...encodeAll([1000, -1000, NaN], encoding)].slice(0, 2)).to.deep.equal([127, -128]);
    expect(represents(encoding, 58.5)).to.equal(true);
    expect(represents(encoding, 59)).to.equal(false);
  });

  it("round ties to even, as ONNX does", () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4999].map(roundHalfEven)).to.deep.equal([-2, -2, 0, 0, 2, 2, 2]);
  });
});
