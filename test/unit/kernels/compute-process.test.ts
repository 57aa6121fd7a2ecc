import { readFileSync } from "node:fs";

import { expect } from "chai";

import { AbortedError, UnavailableError } from "@orion/protocol/common";
import { ComputeProcessError, createComputeProcess, type ComputeProcess } from "@orion/protocol/kernels/node";
import {
  interpret,
  ProgramBuilder,
  tensor,
  tensorRoot,
  toBytes,
  type Program,
  type Tensor,
} from "@orion/protocol/tensor";

const ROWS = 64;

/** x·w over i8, and what is slow: a chain of divisions. */
function example(divisions: number): { program: Program; constants: Tensor[]; input: Tensor } {
  const b = new ProgramBuilder();
  const x = b.shardInput("i32", [ROWS, 512]);
  let y = b.add(x, x, { dtype: "i32" });
  for (let i = 0; i < divisions; i++) y = b.add(y, x, { dtype: "i32" });
  const { program, constants } = b.build(y);
  const data = Int32Array.from({ length: ROWS * 512 }, (_, i) => (i % 1_000) - 500);
  return { program, constants: [...constants], input: tensor("i32", [ROWS, 512], data) };
}

describe("a compute process", function () {
  this.timeout(120_000);
  let compute: ComputeProcess;
  before(async () => {
    compute = await createComputeProcess({ mode: "cpu" });
  });
  after(() => compute.dispose());

  it("goes on through a terminal's Ctrl-C, which is its parent's to heed", async () => {
    const { program, constants, input } = example(400);
    const executor = compute.createExecutor(program, constants);
    const computed = executor.outputs({ shared: [], shard: [input] });
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
    expect(children).not.to.deep.equal([""]);
    for (const child of children) process.kill(Number(child), "SIGINT");
    expect(await computed).to.have.length(1);
    executor.dispose();
  });

  it("computes what this thread computes, and traces it, without the bytes of its values", async () => {
    const { program, constants, input } = example(2);
    const inputs = { shared: [], shard: [input] };
    const values = interpret(program, { constants, ...inputs });
    const executor = compute.createExecutor(program, constants);
    const [output] = await executor.outputs(inputs);
    expect(output?.data).to.deep.equal(values.at(-1)?.data);
    const seen: number[] = [];
    const traced = await executor.trace(inputs, { onNode: ({ node }) => void seen.push(node) });
    const roots = values.map((value) => tensorRoot(toBytes(value)));
    expect(traced.nodeRoots).to.deep.equal(new Uint8Array(Buffer.concat(roots)));
    expect(seen).to.deep.equal([1, 2, 3]);
    let failure: unknown;
    await executor
      .trace(inputs, {
        onNode: (node) => {
          seen.push(node.bytes.length);
        },
      })
      .catch((error: unknown) => (failure = error));
    expect(failure).to.have.property("message").that.includes("stay in the compute process");
    const some = await executor.run(inputs, { nodes: [1] });
    expect(some[0]?.data).to.deep.equal(values[1]?.data);
    const excerpts = await executor.excerpts(inputs, [{ node: 2, from: 1, to: 3 }]);
    expect(excerpts).to.deep.equal([toBytes(values[2] as Tensor).slice(1, 3)]);
    executor.dispose();
    // Closed, it is not opened again by whoever still holds it.
    const late: unknown = await executor.outputs(inputs).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(UnavailableError);
  });

  it("is stopped in the midst of a computation", async () => {
    const { program, constants, input } = example(4_000);
    const executor = compute.createExecutor(program, constants);
    const abort = new AbortController();
    const running = executor.outputs({ shared: [], shard: [input] }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    let failure: unknown;
    await running.catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(AbortedError);
  });

  it("takes nothing along when it crashes: the next computation starts another one", async () => {
    const { program, constants, input } = example(4_000);
    const inputs = { shared: [], shard: [input] };
    const other = compute.another();
    const executor = other.createExecutor(program, constants);
    const running = executor.outputs(inputs);
    setTimeout(() => void other.dispose(), 1_000);
    let failure: unknown;
    await running.catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(ComputeProcessError);
    expect(failure).to.have.property("retryable", true);
    const small = example(1);
    const again = other.createExecutor(small.program, small.constants);
    expect((await again.outputs({ shared: [], shard: [small.input] })).length).to.equal(1);
    await other.dispose();
  });
});
