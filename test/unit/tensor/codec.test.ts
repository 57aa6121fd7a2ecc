import { createHash } from "node:crypto";
import { expect } from "chai";
import { sha256, solidityPacked } from "ethers";
import {
  decodeDescriptor,
  decodeProgram,
  encodeDescriptor,
  encodeProgram,
  ProgramBuilder,
  ProgramError,
  programRoot,
  proofHeader,
  tensor,
  tensorRoot,
  toBytes,
  type Program,
} from "@orion/protocol/tensor";

const table = tensor(
  "u8",
  [256, 1],
  new Uint8Array(256).map((_, i) => 255 - i),
);

/** Nodes: 0 shard input i8[3,2], 1 constant, 2 lookup with offset −128. */
function sample(): Program {
  const b = new ProgramBuilder();
  const x = b.shardInput("i8", [3, 2]);
  return b.build(b.lookup(x, b.constant(table), -128)).program;
}

/** A chain of clamps, each of them an output. */
function manyOutputs(count: number): Program {
  const b = new ProgramBuilder();
  let x = b.shardInput("i8", [3]);
  const outputs = Array.from({ length: count }, (_, at) => (x = b.clamp(x, -at, 100)));
  return b.build(...outputs).program;
}

const sha = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("descriptor", () => {
  it("has every field at its documented place", () => {
    const bytes = hexOf(encodeDescriptor(sample().nodes[2]!));
    const root = hexOf(tensorRoot(toBytes(table)));
    const word = (text: string): string => text.replaceAll(" ", "").padEnd(64, "0");
    const operator = word("27 02 02 02 000000000000000000000000 00000001 00000001 00000003 00000002");
    const x = word("03 01 02 00 00000000 00000000 00000000 00000001 00000001 00000003 00000002") + word("");
    const constant = word("04 02 02 00 00000001 00000000 00000000 00000001 00000001 00000100 00000001") + root;
    const attributes = word("ffffff80") + word("").repeat(5);
    expect(bytes).to.equal(operator + x + constant + word("").repeat(2) + attributes);
  });

  it("of a constant carries its root as word 7", () => {
    const bytes = hexOf(encodeDescriptor(sample().nodes[1]!));
    expect(bytes.slice(0, 8)).to.equal("02020200");
    expect(bytes.slice(7 * 64, 8 * 64)).to.equal(hexOf(tensorRoot(toBytes(table))));
  });

  it("decodes to what was encoded", () => {
    for (const node of sample().nodes) expect(decodeDescriptor(encodeDescriptor(node))).to.deep.equal(node);
  });

  const refused: [name: string, node: number, at: number, value: number, field: string][] = [
    ["an unknown operator", 2, 0, 0x2f, "op"],
    ["operator 0", 2, 0, 0, "op"],
    ["dtype 0", 2, 1, 0, "dtype"],
    ["dtype 5", 2, 1, 5, "dtype"],
    ["rank 0", 2, 2, 0, "rank"],
    ["rank 5", 2, 2, 5, "rank"],
    ["four operands", 2, 3, 4, "operands"],
    ["one operand too few", 2, 3, 1, "operands"],
    ["a reserved byte of the head", 2, 4, 1, "reserved"],
    ["the last reserved byte of the head", 2, 15, 1, "reserved"],
    ["source 0", 2, 32, 0, "operand 0.source"],
    ["source 5", 2, 32, 5, "operand 0.source"],
    ["a reserved byte of an operand", 2, 35, 1, "operand 0.reserved"],
    ["another reserved byte of an operand", 2, 47, 1, "operand 0.reserved"],
    ["a root of an operand that has none", 2, 64, 1, "operand 0.root"],
    ["a slot of a constant", 2, 96 + 11, 1, "operand 1.slot"],
    ["a byte of an absent operand", 2, 160, 1, "operands"],
    ["a byte of an absent operand's root", 2, 223, 1, "operands"],
    ["an attribute that lookup does not use", 2, 231, 1, "a1"],
    ["the last byte", 2, 415, 1, "a47"],
    ["a byte behind a constant's root", 1, 256, 1, "a8"],
    ["the last byte of a constant", 1, 415, 1, "a47"],
  ];
  for (const [name, node, at, value, field] of refused) {
    it(`refuses ${name}`, () => {
      const bytes = encodeDescriptor(sample().nodes[node]!);
      bytes[at] = value;
      expect(() => decodeDescriptor(bytes, 9))
        .to.throw(ProgramError)
        .that.includes({ node: 9, field });
    });
  }

  it("refuses every other length", () => {
    for (const length of [0, 415, 417]) {
      expect(() => decodeDescriptor(new Uint8Array(length))).to.throw(ProgramError, "descriptor");
    }
  });
});

describe("program file", () => {
  it("begins with the documented header and has 416 bytes a node", () => {
    const file = encodeProgram(sample());
    const unused = "00000000".repeat(15);
    expect(hexOf(file.subarray(0, 82))).to.equal(`4f525450010000000300000000000000010100000002${unused}`);
    expect(file).to.have.length(82 + 3 * 416);
    expect(decodeProgram(file)).to.deep.equal(sample());
  });

  it("lists up to sixteen outputs in its header", () => {
    for (const outputs of [2, 3, 8, 9, 16]) {
      const program = manyOutputs(outputs);
      const file = encodeProgram(program);
      const view = new DataView(file.buffer);
      const listed = Array.from({ length: 16 }, (_, at) => view.getUint32(18 + 4 * at));
      expect(file[17]).to.equal(outputs);
      expect(listed).to.deep.equal([...program.outputNodes, ...new Array<number>(16 - outputs).fill(0)]);
      expect(decodeProgram(file)).to.deep.equal(program);
    }
  });

  it("decodes from a view into a larger buffer", () => {
    const file = encodeProgram(sample());
    const buffer = new Uint8Array(file.length + 7);
    buffer.set(file, 5);
    expect(decodeProgram(buffer.subarray(5, 5 + file.length))).to.deep.equal(sample());
  });

  const cut = (change: (file: Uint8Array) => Uint8Array, field: string) => () => {
    expect(() => decodeProgram(change(encodeProgram(sample()))))
      .to.throw(ProgramError)
      .that.includes({ node: undefined, field });
  };
  const set = (at: number, value: number) => (file: Uint8Array) => {
    new DataView(file.buffer).setUint32(at, value);
    return file;
  };
  it(
    "refuses an empty file",
    cut(() => new Uint8Array(0), "file"),
  );
  it(
    "refuses a file that is cut off",
    cut((file) => file.subarray(0, file.length - 1), "file"),
  );
  it(
    "refuses trailing bytes",
    cut((file) => new Uint8Array([...file, 0]), "file"),
  );
  it(
    "refuses another magic",
    cut((file) => file.fill(0, 0, 1), "file"),
  );
  it(
    "refuses another version",
    cut((file) => file.fill(2, 4, 5), "header.version"),
  );
  it("refuses a node count of 0", cut(set(5, 0), "header.nodeCount"));
  it("refuses a node count that the file does not hold", cut(set(5, 65_536), "file"));
  it("refuses an absurd node count before it allocates", cut(set(5, 0xffff_ffff), "header.nodeCount"));
  it("refuses absurd slots", cut(set(13, 0xffff_ffff), "header.shardSlots"));
  it("refuses an output beyond the nodes", cut(set(18, 3), "header.outputNodes[0]"));
  it(
    "refuses a header without outputs",
    cut((file) => file.fill(0, 17, 22), "header.outputCount"),
  );
  it("refuses seventeen outputs, although the sixteen that it lists are in order", () => {
    const file = encodeProgram(manyOutputs(16));
    file[17] = 17;
    expect(() => decodeProgram(file))
      .to.throw(ProgramError)
      .that.includes({ node: undefined, field: "header.outputCount" });
  });
  it("refuses an unused output that is not zero, the last one too", () => {
    for (const at of [1, 7, 8, 15]) cut(set(18 + 4 * at, 1), `header.outputNodes[${at}]`)();
  });
  it("refuses outputs twice or out of order", () => {
    const listed = (first: number, second: number) => () => {
      const file = encodeProgram(manyOutputs(2));
      set(18, first)(file);
      set(22, second)(file);
      return decodeProgram(file);
    };
    expect(listed(1, 2)).to.not.throw();
    for (const [first, second] of [
      [2, 1],
      [2, 2],
      [1, 0],
    ] as const) {
      expect(listed(first, second), `${first}, ${second}`)
        .to.throw(ProgramError)
        .that.includes({ node: undefined, field: "header.outputNodes[1]" });
    }
  });
  it("names the node at fault", () => {
    const file = encodeProgram(sample());
    file[82 + 416] = 0xee;
    expect(() => decodeProgram(file)).to.throw(ProgramError, "node 1, op: no operator has code 238");
  });
});

describe("program root", () => {
  it("is the hash of header and descriptors", () => {
    const leaves = sample().nodes.map((node) => sha(new Uint8Array([3]), encodeDescriptor(node)));
    const inner = (left: Uint8Array, right: Uint8Array): Uint8Array => sha(new Uint8Array([1]), left, right);
    const root = inner(inner(leaves[0]!, leaves[1]!), inner(leaves[2]!, new Uint8Array(32)));
    const header = encodeProgram(sample()).subarray(4, 82);
    expect(programRoot(sample())).to.deep.equal(sha(new Uint8Array([2]), header, root));
  });

  it("differs when only the outputs differ", () => {
    const rootOf = (...outputNodes: number[]): string => hexOf(programRoot({ ...manyOutputs(16), outputNodes }));
    const roots = [[1], [2], [1, 2], [2, 3], [1, 2, 3]].map((outputs) => rootOf(...outputs));
    expect(new Set(roots).size).to.equal(roots.length);
    expect(() => rootOf(2, 1)).to.throw(ProgramError);
  });

  it("is what the contracts make of the header that proofs carry", () => {
    const program = manyOutputs(11);
    const { version, nodeCount, sharedSlots, shardSlots, outputCount, outputs, descriptorsRoot } = proofHeader(program);
    const packed = solidityPacked(
      ["uint8", "uint8", "uint32", "uint32", "uint32", "uint8", "uint256", "uint256", "bytes32"],
      [2, version, nodeCount, sharedSlots, shardSlots, outputCount, ...outputs, descriptorsRoot],
    );
    expect(`0x${hexOf(programRoot(program))}`).to.equal(sha256(packed));
  });
});
