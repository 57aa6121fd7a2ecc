import { readFileSync } from "node:fs";
import { expect } from "chai";
import { decodeNpy, encodeNpy, NpyError, shapeOf, tensor, type DType } from "@orion/protocol/tensor";

interface Written {
  readonly name: string;
  readonly file: string;
}
interface Accepted extends Written {
  readonly dtype: DType;
  readonly shape: number[];
  readonly values: number[];
}
/** Files written by numpy itself. */
const written = JSON.parse(readFileSync(new URL("../../vectors/tensor/npy.json", import.meta.url), "utf8")) as {
  accepted: Accepted[];
  refused: Written[];
};
const bytesOf = ({ file }: Written): Uint8Array => new Uint8Array(Buffer.from(file, "base64"));

function npy(header: string, content: number[] = [1, 2, 3], version = 1): Uint8Array {
  const text = Buffer.from(`${header}\n`, "latin1");
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return new Uint8Array([0x93, ...Buffer.from("NUMPY"), version, 0, ...length, ...text, ...content]);
}

const header = (descr = "'|u1'", order = "False", shape = "(3,)"): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe("decodeNpy", () => {
  for (const vector of written.accepted) {
    it(`reads what numpy writes: ${vector.name}`, () => {
      const found = decodeNpy(bytesOf(vector));
      expect({ dtype: found.dtype, shape: shapeOf(found), values: Array.from(found.data) }).to.deep.equal({
        dtype: vector.dtype,
        shape: vector.shape,
        values: vector.values,
      });
    });
  }

  const hints: Record<string, string> = {
    float32: "quantise",
    float64: "quantise",
    int64: "astype(numpy.int32)",
    bool: "astype(numpy.uint8)",
    "big-endian": "newbyteorder",
    "Fortran order": "ascontiguousarray",
    objects: "astype",
    structured: "plain integers",
    "five axes": "reshape",
    scalar: "reshape",
    text: "astype",
  };
  for (const vector of written.refused) {
    it(`refuses what numpy writes, with a hint: ${vector.name}`, () => {
      const error = caught(() => decodeNpy(bytesOf(vector)));
      if (hints[vector.name] === undefined) expect(error.message).to.contain("extent 0");
      else expect(error.hint).to.contain(hints[vector.name]);
    });
  }

  it("takes another order of keys, other quotes and other spacing", () => {
    const text = `{ "shape":(3,) ,"fortran_order":False,'descr' :"|u1"}`;
    for (const version of [1, 2, 3]) {
      expect(Array.from(decodeNpy(npy(text, [1, 2, 3], version)).data)).to.deep.equal([1, 2, 3]);
    }
  });

  for (const [descr, dtype, bytes] of [
    ...["|i1", "<i1", ">i1", "=i1", "i1"].map((name) => [name, "i8", 1] as const),
    ...["|u1", "<u1", ">u1", "=u1", "u1"].map((name) => [name, "u8", 1] as const),
    ...["<i2", "=i2", "i2"].map((name) => [name, "i16", 2] as const),
    ...["<i4", "=i4", "i4"].map((name) => [name, "i32", 4] as const),
  ]) {
    it(`reads the element type ${descr} of other writers, as numpy does`, () => {
      const content = [1, 2, 3].flatMap((value) => [value, ...Array<number>(bytes - 1).fill(0)]);
      const found = decodeNpy(npy(header(`'${descr}'`), content));
      expect([found.dtype, Array.from(found.data)]).to.deep.equal([dtype, [1, 2, 3]]);
    });
  }

  for (const descr of [">i2", ">i4", "|i2", "<u2", "<i8", "<<i1", "i", "", "constructor"]) {
    it(`refuses the element type ${JSON.stringify(descr)}`, () => {
      expect(() => decodeNpy(npy(header(`'${descr}'`)))).to.throw(NpyError, "its element type is");
    });
  }

  const hostile: [name: string, bytes: Uint8Array, message: string][] = [
    ["nothing", new Uint8Array(0), "does not begin like one"],
    ["another format", new Uint8Array(64).fill(0x50), "does not begin like one"],
    ["version 4.0", npy(header(), [1, 2, 3], 4), "version 4.0 is not known"],
    ["a file that ends in its header", npy(header()).subarray(0, 40), "ends inside its header"],
    ["a header of 4 GiB", new Uint8Array([...npy("", [], 2).subarray(0, 8), 255, 255, 255, 255]), "more than 10000"],
    ["no dict", npy("[]"), "was expected"],
    ["code", npy(`__import__('os').system('true')`), "was expected"],
    ["code as a value", npy(header("open('x')")), "was expected"],
    ["something behind the dict", npy(`${header()} + 1`), "something follows"],
    ["a key twice", npy(`{'descr': '|u1', 'descr': '|u1', }`), "stands twice"],
    ["an unknown key", npy(`{'descr': '|u1', 'fortran_order': False, 'shape': (3,), 'x': 'y'}`), "unknown key"],
    ["no shape", npy(`{'descr': '|u1', 'fortran_order': False}`), "no shape"],
    ["no element type", npy(`{'fortran_order': False, 'shape': (3,)}`), "element type"],
    ["no order", npy(`{'descr': '|u1', 'shape': (3,)}`), "order"],
    ["an element type that is a number", npy(header("(1,)")), "element type"],
    ["a shape that is a string", npy(header("'|u1'", "False", "'3'")), "no shape"],
    ["a number in parentheses", npy(header("'|u1'", "False", "(3)")), "tuple"],
    ["a negative extent", npy(header("'|u1'", "False", "(-3,)")), "no sensible integer"],
    ["an extent of 40 digits", npy(header("'|u1'", "False", `(${"9".repeat(40)},)`)), "no sensible integer"],
    ["an extent of 0", npy(header("'|u1'", "False", "(3, 0)")), "extent 0"],
    ["a hundred axes", npy(header("'|u1'", "False", `(${"1,".repeat(100)})`)), "more than 32 axes"],
    ["a shape of terabytes", npy(header("'<i4'", "False", "(2147483647, 2147483647)")), "leaves"],
    [
      "a shape larger than the file",
      npy(header("'<i4'", "False", "(1000000,)")),
      "needs 4000000 bytes of content, but it has 3",
    ],
    ["trailing bytes", npy(header(), [1, 2, 3, 4]), "needs 3 bytes of content, but it has 4"],
    ["a string that does not end", npy("{'descr"), "does not end"],
    ["a dict that does not end", npy("{'descr': '|u1',"), "a string was expected"],
  ];
  for (const [name, bytes, message] of hostile) {
    it(`refuses ${name}`, () => {
      expect(caught(() => decodeNpy(bytes)).message).to.contain(message);
    });
  }

  it("keeps to the caller's limit", () => {
    expect(caught(() => decodeNpy(npy(header()), { maxBytes: 2 })).message).to.contain("more than the 2 allowed here");
    expect(decodeNpy(npy(header()), { maxBytes: 3 }).data).to.have.length(3);
  });
});

describe("encodeNpy", () => {
  it("writes byte for byte what numpy.save writes", () => {
    for (const vector of written.accepted.filter(({ name }) => !name.startsWith("version"))) {
      const data = decodeNpy(bytesOf(vector)).data;
      expect(encodeNpy(tensor(vector.dtype, vector.shape, data)), vector.name).to.deep.equal(bytesOf(vector));
    }
  });
});

function caught(action: () => unknown): NpyError {
  try {
    action();
  } catch (error) {
    if (error instanceof NpyError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
