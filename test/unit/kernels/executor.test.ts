import { expect } from "chai";
import { AbortedError, InvalidInputError } from "@orion/protocol/common";
import { createBackend, createExecutor, type Backend } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { ProgramBuilder, tensor, tensorRoot, toBytes, type Tensor } from "@orion/protocol/tensor";

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

  it("gives all nodes, and their roots in node order", async () => {
    const executor = createExecutor(program, constants, backend);
    const outputs = await executor.run({ shared, shard });
    expect(outputs.length).to.equal(program.nodes.length);
    const wanted = outputs.map((output) => tensorRoot(toBytes(output)));
    expect(executor.trace(outputs)).to.deep.equal(wanted);
    expect(executor.trace(outputs, nativeSha256)).to.deep.equal(wanted);
  });

  it("hashes neither constants, nor inputs whose roots are known, nor a reshape once more", async () => {
    const executor = createExecutor(program, constants, backend);
    const outputs = await executor.run({ shared, shard });
    const wanted = executor.trace(outputs);
    let hashed = 0;
    const counting = {
      ...nativeSha256,
      digestRecords: (...all: Parameters<typeof nativeSha256.digestRecords>) => {
        hashed++;
        nativeSha256.digestRecords(...all);
      },
    };
    const known = { shared: [wanted[1]!], shard: [wanted[0]!] };
    expect(executor.trace(outputs, counting, known)).to.deep.equal(wanted);
    expect(hashed, "matmul and add").to.equal(2);
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
    expect(() => executor.trace([])).to.throw(InvalidInputError, "the output of node 0 is missing");
  });

  it("stops when it is told to", async () => {
    const executor = createExecutor(program, constants, backend);
    let failure: unknown;
    await executor.run({ shared, shard }, { signal: AbortSignal.abort() }).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(AbortedError);
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
