import { expect } from "chai";
import { AbortedError, InvalidInputError, UnavailableError } from "@orion/protocol/common";
import { createBackend, createExecutor, type Backend, type TracedNode } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import {
  hashAt,
  interpret,
  ProgramBuilder,
  tensor,
  tensorLeaves,
  tensorRoot,
  toBytes,
  type Tensor,
} from "@orion/protocol/tensor";

function smallProgram() {
  const b = new ProgramBuilder();
  const x = b.shardInput("i8", [2, 6]);
  const bias = b.sharedInput("i8", [2, 4]);
  const w = b.constant(
    tensor(
      "i8",
      [4, 6],
      Int8Array.from({ length: 24 }, (_, i) => i - 12),
    ),
  );
  const y = b.matmul(x, w, { dtype: "i8", m: 3, s: 5 });
  return b.build(b.reshape(b.add(y, bias, { dtype: "i8" }), [8, 1]));
}

const shard: Tensor[] = [
  tensor(
    "i8",
    [2, 6],
    Int8Array.from({ length: 12 }, (_, i) => 7 * i - 40),
  ),
];
const shared: Tensor[] = [
  tensor(
    "i8",
    [2, 4],
    Int8Array.from({ length: 8 }, (_, i) => i),
  ),
];

describe("executor", () => {
  const { program, constants } = smallProgram();
  let backend: Backend;
  before(async () => (backend = await createBackend({ mode: "cpu" })));
  after(() => backend.dispose());

  it("gives all nodes, some of them or the outputs, bit for bit the same", async () => {
    const executor = createExecutor(program, constants, backend);
    const values = await executor.run({ shared, shard });
    expect(values).to.deep.equal(interpret(program, { constants, shared, shard }));
    expect(await executor.outputs({ shared, shard })).to.deep.equal(program.outputNodes.map((node) => values[node]));
    const nodes = [5, 0, 2];
    expect(await executor.run({ shared, shard }, { nodes })).to.deep.equal(nodes.map((node) => values[node]));
  });

  it("gives some bytes of some nodes, in the order asked for and no more than there are", async () => {
    const executor = createExecutor(program, constants, backend);
    const bytes = (await executor.run({ shared, shard })).map((value) => toBytes(value));
    const wanted = [
      { node: 5, from: 2, to: 6 },
      { node: 0, from: 0, to: 3 },
      { node: 5, from: 0, to: 1_024 },
      { node: 4, from: 1_024, to: 2_048 },
      { node: 2, from: 20, to: 1_024 },
    ];
    const excerpts = await executor.excerpts({ shared, shard }, wanted);
    expect(excerpts).to.deep.equal(wanted.map(({ node, from, to }) => bytes[node]?.slice(from, to)));
    // No view that would hold a whole tensor.
    for (const excerpt of excerpts) expect(excerpt.buffer.byteLength).to.equal(excerpt.length);
  });

  it("closed, ends what runs with its kernels, and begins nothing", async () => {
    const executor = createExecutor(program, constants, backend);
    const [expected] = await executor.outputs({ shared, shard });
    const running = executor.outputs({ shared, shard });
    executor.dispose();
    expect(await running).to.deep.equal([expected]);
    const late: unknown = await executor.outputs({ shared, shard }).catch((error: unknown) => error);
    expect(late).to.be.instanceOf(UnavailableError);
  });

  it("traces: the roots of all nodes in node order, and the computed ones as it passes by them", async () => {
    const executor = createExecutor(program, constants, backend);
    const values = await executor.run({ shared, shard });
    const wanted = new Uint8Array(values.flatMap((value) => [...tensorRoot(toBytes(value))]));
    for (const sha256 of [undefined, nativeSha256]) {
      const seen: TracedNode[] = [];
      const options = { onNode: (traced: TracedNode) => void seen.push(traced), ...(sha256 && { sha256 }) };
      const trace = await executor.trace({ shared, shard }, options);
      expect(trace.nodeRoots).to.deep.equal(wanted);
      expect(trace.outputs).to.deep.equal([values.at(-1)]);
      expect(trace.values).to.equal(undefined);
      expect(seen.map(({ node }) => node)).to.deep.equal([4, 5, 6]);
      for (const { node, bytes, leaves, root } of seen) {
        expect(bytes).to.deep.equal(toBytes(values[node]!));
        expect(leaves).to.deep.equal(tensorLeaves(bytes));
        expect(root).to.deep.equal(hashAt(wanted, node));
      }
    }
    const held = await executor.trace({ shared, shard }, { hold: true });
    expect(held.values).to.deep.equal(values);
  });

  it("hashes neither constants, nor inputs whose roots are known, nor a reshape once more", async () => {
    const executor = createExecutor(program, constants, backend);
    const { nodeRoots } = await executor.trace({ shared, shard });
    let hashed = 0;
    const counting = {
      ...nativeSha256,
      digestRecords: (...all: Parameters<typeof nativeSha256.digestRecords>) => {
        hashed++;
        nativeSha256.digestRecords(...all);
      },
    };
    const known = { shared: [hashAt(nodeRoots, 1)], shard: [hashAt(nodeRoots, 0)] };
    const trace = await executor.trace({ shared, shard }, { sha256: counting, known });
    expect(trace.nodeRoots).to.deep.equal(nodeRoots);
    expect(hashed, "matmul and add").to.equal(2);
  });

  it("gives several outputs, and computes nothing that no output reads", async () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [4]);
    const first = b.clamp(x, 0, 9);
    b.matmul(b.reshape(x, [1, 4]), b.sharedInput("i8", [2, 4]), { dtype: "i32", m: 1, s: 0 });
    const built = b.build(first, b.add(first, x, { dtype: "i16" }));
    const executor = createExecutor(built.program, built.constants, backend);
    const input = [tensor("i8", [4], Int8Array.of(-5, 3, 9, 20))];
    // The shared slot is read only by the product, which is not an output's business; a trace needs it.
    const outputs = await executor.outputs({ shared: [], shard: input });
    expect(outputs.map(({ data }) => [...data])).to.deep.equal([
      [0, 3, 9, 9],
      [-5, 6, 18, 29],
    ]);
    const failure: unknown = await executor.trace({ shared: [], shard: input }).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(InvalidInputError);
  });

  it("refuses missing and mistyped tensors by name", async () => {
    const wrong = tensor("u8", [2, 6], new Uint8Array(12));
    const executor = createExecutor(program, constants, backend);
    const message = async (inputs: { shared: Tensor[]; shard: Tensor[] }): Promise<string> => {
      let failure: unknown;
      await executor.run(inputs).catch((error: unknown) => (failure = error));
      expect(failure).to.be.instanceOf(InvalidInputError);
      return (failure as Error).message;
    };
    expect(await message({ shared, shard: [] })).to.equal("shard slot 0 is missing");
    expect(await message({ shared: [], shard })).to.equal("shared slot 0 is missing");
    expect(await message({ shared, shard: [wrong] })).to.equal(
      "shard slot 0 is u8[2,6], but the program reads i8[2,6]",
    );
    expect(() => createExecutor(program, [], backend)).to.throw(InvalidInputError, "constant 0 is missing");
    expect(() => createExecutor(program, constants.toReversed(), backend)).to.throw(
      InvalidInputError,
      "constant 0 is ",
    );
  });

  it("stops when it is told to", async () => {
    const executor = createExecutor(program, constants, backend);
    let failure: unknown;
    await executor.run({ shared, shard }, { signal: AbortSignal.abort() }).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(AbortedError);
  });

  it("blocked-loop: stops in the midst of a node, and lets others work meanwhile", async () => {
    const b = new ProgramBuilder();
    const pooled = b.avgPool(b.shardInput("u8", [1, 255, 255, 1]), { kernel: [64, 64], stride: [1, 1] });
    const built = b.build(pooled);
    const executor = createExecutor(built.program, built.constants, backend);
    const input = [tensor("u8", [1, 255, 255, 1], new Uint8Array(255 * 255).fill(7))];
    const abort = new AbortController();
    let ticks = 0;
    const timer = setInterval(() => {
      ticks++;
      if (ticks === 3) abort.abort();
    }, 1);
    const failure: unknown = await executor
      .outputs({ shared: [], shard: input }, { signal: abort.signal })
      .catch((error: unknown) => error);
    clearInterval(timer);
    // 192² windows of 4,096 taps are most of a second: unless it breathed, no tick came before the end.
    expect(failure).to.be.instanceOf(AbortedError);
    expect(ticks).to.equal(3);
  });

  it("runs two shards at once without mixing them", async () => {
    const executor = createExecutor(program, constants, backend);
    const other = [
      tensor(
        "i8",
        [2, 6],
        Int8Array.from({ length: 12 }, (_, i) => 50 - 9 * i),
      ),
    ];
    const [a, b] = [await executor.run({ shared, shard }), await executor.run({ shared, shard: other })];
    const both = await Promise.all([executor.run({ shared, shard }), executor.run({ shared, shard: other })]);
    expect(both).to.deep.equal([a, b]);
  });
});
