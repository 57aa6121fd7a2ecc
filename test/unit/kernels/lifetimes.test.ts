import { expect } from "chai";
import { ProgramBuilder, type Program } from "@orion/protocol/tensor";
import { planRun } from "../../../protocol/kernels/lifetimes.ts";

/** Nodes: 0 input, 1 clamp(0), 2 clamp(1), 3 add(1, 2), 4 clamp(0), 5 add(3, 0); outputs 3 and 5, node 4 read by none. */
function sample(): Program {
  const b = new ProgramBuilder();
  const x = b.shardInput("i8", [4]);
  const one = b.clamp(x, 0, 1);
  const two = b.clamp(one, 0, 2);
  const three = b.add(one, two, { dtype: "i8" });
  b.clamp(x, 0, 4);
  return b.build(three, b.add(three, x, { dtype: "i8" })).program;
}

describe("plan of a run", () => {
  const program = sample();
  const all = program.nodes.map((_, node) => node);

  it("computes what the wanted nodes need, and forgets each value after its last reader", () => {
    const { needed, drops } = planRun(program, program.outputNodes, program.outputNodes);
    expect(needed).to.deep.equal([true, true, true, true, false, true]);
    expect(drops).to.deep.equal([undefined, undefined, undefined, [1, 2], undefined, [0]]);
  });

  it("forgets at once what nobody reads and nobody keeps", () => {
    const { needed, drops } = planRun(program, all, program.outputNodes);
    expect(needed).to.deep.equal(all.map(() => true));
    expect(drops[4]).to.deep.equal([4]);
    expect(planRun(program, all, all).drops).to.deep.equal(all.map(() => undefined));
  });

  it("computes nothing behind what is wanted", () => {
    expect(planRun(program, [2], [2]).needed).to.deep.equal([true, true, true, false, false, false]);
    expect(planRun(program, [], []).needed).to.not.include(true);
  });
});
