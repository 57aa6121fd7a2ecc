import { expect } from "chai";
import {
  ProgramBuilder,
  ProgramError,
  tensor,
  validateProgram,
  type DType,
  type Program,
  type Value,
} from "@orion/protocol/tensor";
import { withOperand } from "./tamper.ts";

const plain = { dtype: "i8", m: 1, s: 0 } as const;

describe("validateProgram: what takes a program of its own", () => {
  it("refuses weights with one batch extent of their own", () => {
    for (const batch of [
      [2, 1],
      [1, 2],
    ]) {
      const b = new ProgramBuilder();
      const y = b.matmul(b.shardInput("i8", [3, 3, 4, 2]), b.sharedInput("i8", [...batch, 5, 2]), plain);
      expect(() => b.build(y))
        .to.throw(ProgramError)
        .that.includes({ node: y.node, field: "operand 1.dims" });
    }
  });

  it("refuses groups that divide the input but not the output channels", () => {
    const b = new ProgramBuilder();
    const y = b.conv2d(b.shardInput("i8", [2, 6, 6, 2]), b.constant(tensor("i8", [3, 1, 1, 1], new Int8Array(3))), {
      ...plain,
      groups: 2,
    });
    expect(() => b.build(y))
      .to.throw(ProgramError)
      .that.includes({ node: y.node, field: "a10" });
  });

  it("refuses views of 2^31 elements and sums that could reach 2^63", () => {
    const fails = (
      dtype: DType,
      shape: readonly number[],
      make: (b: ProgramBuilder, x: Value) => Value,
      field: string,
    ): void => {
      const b = new ProgramBuilder();
      const y = make(b, b.shardInput(dtype, shape));
      expect(() => b.build(y))
        .to.throw(ProgramError)
        .that.includes({ node: 1, field });
    };
    const last = (b: ProgramBuilder, x: Value): Value => b.slice(x, { start: [0, 0], size: [1, 1] });
    fails("i8", [2, 2 ** 30], last, "operand 0.dims");
    fails("i32", [2, 2 ** 31 - 1], (b, x) => b.reduceSum(x, 2, "i32"), "step");
    fails("i32", [4, 2 ** 15, 2 ** 15, 1], (b, x) => b.reduceSum(x, 4, "i32"), "accumulator");
    const b = new ProgramBuilder();
    const y = last(b, b.shardInput("i8", [1, 2 ** 31 - 1]));
    expect(b.build(y).program.nodes).to.have.length(2);
  });

  it("refuses a contraction whose table is computed", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [5, 3]);
    const t = b.clamp(b.sharedInput("i32", [5, 4]), 0, 9);
    const y = b.matmul(x, x, plain);
    const { program } = b.build(y);
    const { dims, rank } = t;
    const swapped = withOperand(program, y.node, 2, { source: "computed", node: t.node, root: undefined, dims, rank });
    expect(() => validateProgram(swapped))
      .to.throw(ProgramError)
      .that.includes({ node: y.node, field: "operand 2.source" });
  });

  it("refuses i32 by i32 contractions by their accumulator, and takes i32 by i8", () => {
    const product = (dtype: DType): Program => {
      const b = new ProgramBuilder();
      return b.build(b.matmul(b.shardInput("i32", [2, 3]), b.sharedInput(dtype, [4, 3]), plain)).program;
    };
    expect(() => product("i32"))
      .to.throw(ProgramError)
      .that.includes({ node: 3, field: "accumulator" });
    expect(product("i8").nodes).to.have.length(4);
  });

  it("counts the bias: one product of two i32 stays below 2^63 by 2^31, which the bias may be", () => {
    const b = new ProgramBuilder();
    const [x, w] = [b.shardInput("i32", [2, 1]), b.sharedInput("i32", [4, 1])];
    // |−2^31| · (2^32 − 1) = 2^63 − 2^31, and 2^31 more is 2^63.
    expect(() => b.build(b.matmul(x, w, { ...plain, zpX: 0 })))
      .to.throw(ProgramError)
      .that.includes({ node: 3, field: "accumulator" });
  });
});
