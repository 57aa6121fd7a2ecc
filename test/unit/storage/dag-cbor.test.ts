import { InvalidInputError } from "@orion/protocol/common";
import { CHUNK_BYTES, decodeDag, encodeDag, parseCid } from "@orion/protocol/storage";
import { expect } from "chai";
import fc from "fast-check";

const CID_OF_ANY = parseCid("bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua");
const leaf = parseCid("bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("dag-cbor", () => {
  it("keeps maps, lists, bytes, links and 64-bit integers", () => {
    const value = { orion: "manifest/1", key: new Uint8Array([1, 2]), pages: [leaf], rows: 2n ** 63n, none: null };
    expect(decodeDag(CID_OF_ANY, encodeDag(value))).to.deep.equal(value);
  });

  it("encodes equal values to equal bytes, whatever the order of their keys", () => {
    expect(encodeDag({ b: 1, a: 2, aa: 3 })).to.deep.equal(encodeDag({ aa: 3, a: 2, b: 1 }));
  });

  it("survives any JSON value", () => {
    const unchanged = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => !JSON.stringify(value).includes("__proto__"));
    fc.assert(
      fc.property(unchanged, (value) => {
        const bytes = encodeDag(value);
        expect(encodeDag(decodeDag(CID_OF_ANY, bytes))).to.deep.equal(bytes);
      }),
    );
  });

  for (const [what, value] of [
    ["undefined", { a: undefined }],
    ["NaN", [Number.NaN]],
    ["infinity", Number.POSITIVE_INFINITY],
    ["functions", { f: () => 1 }],
    ["integers beyond 64 bits", 2n ** 64n],
  ] as const) {
    it(`refuses to store ${what}`, () => {
      expect(() => encodeDag(value)).to.throw(InvalidInputError, /cannot be stored/);
    });
  }

  it("refuses a block above 1 MiB", () => {
    expect(encodeDag(new Uint8Array(CHUNK_BYTES - 5))).to.have.length(CHUNK_BYTES);
    expect(() => encodeDag(new Uint8Array(CHUNK_BYTES - 4))).to.throw(InvalidInputError, /at most 1048576/);
  });

  const foreign: [string, string][] = [
    ["a number in more bytes than needed", "1801"],
    ["a list length in more bytes than needed", "980101"],
    ["unsorted keys", "a261620161610a"],
    ["duplicate keys", "a2616101616102"],
    ["a list of unknown length", "9f01ff"],
    ["a 16-bit float", "f93c00"],
    ["a 32-bit float", "fa3f800000"],
    ["undefined", "f7"],
    ["NaN", "fb7ff8000000000000"],
    ["an unknown tag", "c101"],
    ["a link without its leading zero", "d82a4101"],
    ["bytes after the end", "0101"],
    ["a truncated map", "a2616101"],
    ["a list of 2^53 items", "9b001fffffffffffff"],
    ["nothing", ""],
  ];
  for (const [what, text] of foreign) {
    it(`refuses to read ${what}`, () => {
      expect(() => decodeDag(CID_OF_ANY, hex(text))).to.throw(InvalidInputError, /dag-cbor/);
    });
  }

  it("reads a __proto__ key as data, never as the prototype", () => {
    const value = decodeDag(CID_OF_ANY, hex("a1695f5f70726f746f5f5fa161610a"));
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
    expect(Object.keys(value as object)).to.deep.equal(["__proto__"]);
    expect((value as { a?: unknown }).a).to.equal(undefined);
  });

  it("refuses 1 MiB of opening brackets instead of overflowing the stack", () => {
    expect(() => decodeDag(CID_OF_ANY, new Uint8Array(CHUNK_BYTES).fill(0x81))).to.throw(
      InvalidInputError,
      /not valid/,
    );
  });
});
