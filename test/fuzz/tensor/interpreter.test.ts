import { expect } from "chai";
import fc from "fast-check";
import { evaluateElement, interpret, operandRanges, OPERATORS, type Tensor } from "@orion/protocol/tensor";
import { naiveNode } from "../../unit/tensor/naive-oracle.ts";
import { Random } from "../../unit/tensor/random.ts";
import { randomInputs, randomProgram } from "../../unit/tensor/random-program.ts";
import { runs } from "./runs.ts";

const seeds = fc.tuple(fc.integer(), fc.integer());

describe("reference interpreter on random programs", () => {
  it("equals the naive oracle on every node, element by element too", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(seeds, ([programSeed, inputSeed]) => {
        const built = randomProgram(programSeed);
        const { program } = built;
        const values = interpret(program, randomInputs(built, inputSeed));
        const r = new Random(inputSeed);
        for (const [index, node] of program.nodes.entries()) {
          if (node.op === "input" || node.op === "constant") continue;
          seen.add(node.op);
          const expected = naiveNode(
            node,
            node.operands.map((operand) => values[operand.node]!),
          );
          expect(Array.from(values[index]!.data), `node ${index} ${node.op}`).to.deep.equal(expected);
          const out = r.between(0, expected.length - 1);
          expect(evaluateElement(program, index, values, out)).to.equal(expected[out]);
        }
      }),
      { numRuns: runs(300) },
    );
    const computed = Object.keys(OPERATORS).filter((op) => op !== "input" && op !== "constant");
    expect([...seen].sort(), "operators that the property reached").to.deep.equal(computed.sort());
  });

  it("reads nothing outside the operand ranges, and everything inside its operands", () => {
    fc.assert(
      fc.property(seeds, ([programSeed, inputSeed]) => {
        const built = randomProgram(programSeed, 4);
        const { program } = built;
        const values = interpret(program, randomInputs(built, inputSeed));
        const r = new Random(inputSeed ^ 1);
        for (const [index, node] of program.nodes.entries()) {
          if (node.op === "input" || node.op === "constant") continue;
          const operands = node.operands.map((operand) => values[operand.node]!);
          const out = r.between(0, values[index]!.data.length - 1);
          const ranges = operandRanges(node, out, (operand, at) => operands[operand]!.data[at]!);
          const replaced: Tensor[] = operands.map((operand) => r.tensor(operand));
          for (const { operand, first, count } of ranges) {
            expect(
              first >= 0 && count >= 1 && first + count <= operands[operand]!.data.length,
              `${node.op} range`,
            ).to.equal(true);
            replaced[operand]!.data.set(operands[operand]!.data.subarray(first, first + count), first);
          }
          expect(OPERATORS[node.op].element(node, replaced)(out), `${node.op} element`).to.equal(
            values[index]!.data[out],
          );
        }
      }),
      { numRuns: runs(300) },
    );
  });
});
