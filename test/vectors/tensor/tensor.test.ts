import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  decodeDescriptor,
  decodeProgram,
  encodeDescriptor,
  fromBytes,
  halfEvenDiv,
  interpret,
  operandRanges,
  OPERATORS,
  programRoot,
  requantize,
  saturate,
  shardLeaf,
  shardRoot,
  tensorRoot,
  toBytes,
  validateProgram,
  type DType,
} from "@orion/protocol/tensor";
import { makeCnn, type CnnVectors } from "./make-cnn.ts";
import { makeNumbers, type NumberVectors } from "./make-numbers.ts";
import { hex, makeOperators } from "./make-operators.ts";

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));
const numbers = read("numbers") as NumberVectors;
const operators = read("operators") as ReturnType<typeof makeOperators>;
const cnn = read("cnn") as CnnVectors;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.slice(2), "hex"));

describe("golden vectors of the tensor machine", () => {
  it("are what their generator makes", () => {
    expect(makeNumbers()).to.deep.equal(numbers);
    expect(makeOperators()).to.deep.equal(operators);
    expect(makeCnn()).to.deep.equal(cnn);
  });

  it("numbers", () => {
    for (const [acc, m, s, zp, dtype, expected] of numbers.requantize) {
      const found = requantize(BigInt(acc!), Number(m), Number(s), Number(zp), dtype as DType);
      expect(found, `${acc} ${m} ${s} ${zp} ${dtype}`).to.equal(expected);
    }
    for (const [p, q, expected] of numbers.halfEvenDiv) {
      expect(String(halfEvenDiv(BigInt(p!), BigInt(q!)))).to.equal(expected);
    }
    for (const [x, dtype, expected] of numbers.saturate) {
      expect(saturate(BigInt(x!), dtype as DType)).to.equal(expected);
    }
  });

  it("operators: descriptor, every element, operand ranges", () => {
    const seen = new Set<string>();
    for (const { name, descriptor, operands, output, reads } of operators.cases) {
      const node = decodeDescriptor(bytesOf(descriptor));
      expect(hex(encodeDescriptor(node)), name).to.equal(descriptor);
      const tensors = operands.map((content, at) => fromBytes(node.operands[at]!, bytesOf(content)));
      const element = OPERATORS[node.op].element(node, tensors);
      const found = fromBytes(node, bytesOf(output));
      found.data.forEach((expected, out) => {
        expect(element(out), `${name} element ${out}`).to.equal(expected);
      });
      for (const { element: out, ranges } of reads) {
        const given = operandRanges(node, out, (operand, at) => tensors[operand]!.data[at]!);
        expect(
          given.map(({ operand, first, count }) => [operand, first, count]),
          name,
        ).to.deep.equal(ranges);
      }
      seen.add(node.op);
    }
    expect(seen.size).to.equal(Object.keys(OPERATORS).length - 2);
  });

  it("a small CNN of two outputs: file, root, facts, the root of every node, leaf and trace", () => {
    const program = decodeProgram(bytesOf(cnn.file));
    expect(hex(programRoot(program))).to.equal(cnn.programRoot);
    const { work, macs, batch, constantNodes, shardTypes } = validateProgram(program);
    expect({ work: String(work), macs: String(macs), batch }).to.deep.equal(cnn.facts);
    const constants = cnn.constants.map((content, at) =>
      fromBytes(program.nodes[constantNodes[at]!]!, bytesOf(content)),
    );
    const shard = cnn.shard.map((content, slot) => fromBytes(shardTypes[slot]!, bytesOf(content)));
    const values = interpret(program, { constants, shared: [], shard });
    expect(values.map((value) => hex(tensorRoot(toBytes(value))))).to.deep.equal(cnn.nodeRoots);
    const outputs = program.outputNodes.map((node) => values[node]!);
    expect(outputs.map((output) => hex(toBytes(output)))).to.deep.equal(cnn.outputs);
    const roots = values.map((value) => tensorRoot(toBytes(value)));
    expect(hex(shardLeaf(program.outputNodes.map((node) => roots[node]!)))).to.equal(cnn.leaf);
    expect(hex(shardRoot(roots))).to.equal(cnn.shardRoot);
  });
});
