import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect } from "chai";
import { createBackend, createExecutor, nativeSha256, type Backend } from "@orion/protocol/kernels/node";
import { ProgramBuilder, tensor, type BuiltProgram } from "@orion/protocol/tensor";

const NODES = 2_048;
const SHARDS = 48;

/** A program of many nodes of one byte: next to no work and no tensors, but a root for every node of every shard. */
function manyNodes(): BuiltProgram {
  const b = new ProgramBuilder();
  let y = b.shardInput("i8", [1]);
  while (y.node < NODES - 1) y = b.clamp(y, -128, 127 - (y.node % 2));
  return b.build(y);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Array buffers are given back a little after the collection that finds them dead. */
async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collect();
    await setTimeout(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("memory of many nodes", () => {
  const { program, constants } = manyNodes();
  const inputs = { shared: [], shard: [tensor("i8", [1], Int8Array.of(7))] };
  let backend: Backend;
  before(async () => (backend = await createBackend({ mode: "cpu" })));
  after(() => backend.dispose());

  it("node-roots-memory: outputs of many shards hold nothing of the nodes behind them", async () => {
    const executor = createExecutor(program, constants, backend);
    await executor.outputs(inputs);
    const before = await heapBytes();
    const outputs: unknown[] = [];
    for (let shard = 0; shard < SHARDS; shard++) outputs.push(await executor.outputs(inputs));
    // Roots of all nodes of all these shards once took 300 bytes each: 30 MB here, 20 GB for a claim of 1,024 shards of 65,536 nodes.
    expect((await heapBytes()) - before).to.be.lessThan(4_000_000);
    expect(outputs).to.have.length(SHARDS);
    executor.dispose();
  });

  it("root-bytes: a trace is one array of 32 bytes a node", async () => {
    const executor = createExecutor(program, constants, backend);
    const { nodeRoots, values } = await executor.trace(inputs, { sha256: nativeSha256 });
    expect(nodeRoots.length).to.equal(32 * NODES);
    // No view of something larger, and nothing beside it.
    expect(nodeRoots.buffer.byteLength).to.equal(32 * NODES);
    expect(values).to.equal(undefined);
    executor.dispose();
  });

  it("a pass for a chunk of every value holds the chunks and no value", async () => {
    const [nodes, bytes] = [48, 1 << 20];
    const b = new ProgramBuilder();
    let y = b.shardInput("i8", [bytes]);
    while (y.node < nodes - 1) y = b.clamp(y, -128, 127 - (y.node % 2));
    const built = b.build(y);
    const executor = createExecutor(built.program, built.constants, backend);
    const large = { shared: [], shard: [tensor("i8", [bytes], new Int8Array(bytes).fill(7))] };
    const wanted = Array.from({ length: nodes }, (_, node) => ({ node, from: 1_024, to: 2_048 }));
    const before = await heapBytes();
    const excerpts = await executor.excerpts(large, wanted);
    expect((await heapBytes()) - before).to.be.lessThan(4_000_000);
    expect(excerpts).to.deep.equal(wanted.map(() => new Uint8Array(1_024).fill(7)));
    executor.dispose();
  });
});
