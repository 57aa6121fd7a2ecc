import { expect } from "chai";

import { createBackend, createExecutor, memoryOf, workloadOf, type Backend } from "@orion/protocol/kernels";
import { interpret, ProgramBuilder, tensor, type Program, type Tensor } from "@orion/protocol/tensor";

const MATRICES = 1_000;
const FAR = 1_000;

const bytes = (count: number, step: number): Int8Array =>
  Int8Array.from({ length: count }, (_, i) => ((i * step) % 255) - 127);

/** Small matrices of which each has weights of its own, and a kernel of two taps that lie far apart. */
function programs(): { name: string; program: Program; constants: readonly Tensor[]; shard: Tensor[] }[] {
  const one = new ProgramBuilder();
  const batch = one.shardInput("i8", [MATRICES, 2, 3]);
  const weights = one.shardInput("i8", [MATRICES, 2, 3]);
  const product = one.build(one.matmul(batch, weights, { dtype: "i32", m: [1, 1], s: [0, 0], bias: [0, 0] }));
  const two = new ProgramBuilder();
  const image = two.shardInput("i8", [1, FAR + 4, 1, 1]);
  const kernel = two.constant(tensor("i8", [1, 2, 1, 1], bytes(2, 91)));
  const conv = two.conv2d(image, kernel, { dtype: "i32", m: [1], s: [0], bias: [5], dilation: [FAR, 1] });
  const dilated = two.build(conv);
  return [
    {
      ...{ name: "a product of many matrices", ...product },
      shard: [7, 13].map((step) => tensor("i8", [MATRICES, 2, 3], bytes(MATRICES * 6, step))),
    },
    { name: "a dilated kernel", ...dilated, shard: [tensor("i8", [1, FAR + 4, 1, 1], bytes(FAR + 4, 3))] },
  ];
}

describe("contractions that are left to plain JavaScript", () => {
  let backend: Backend;
  before(async () => {
    backend = await createBackend({ mode: "wasm" });
  });
  after(() => backend.dispose());

  for (const { name, program, constants, shard } of programs()) {
    it(`${name}: gives what the reference gives, and takes next to no memory of the kernels`, async () => {
      const inputs = { shared: [], shard };
      const [output] = await createExecutor(program, constants, backend).outputs(inputs);
      expect(output?.data).to.deep.equal(interpret(program, { constants, ...inputs }).at(-1)?.data);
      expect(memoryOf(program, "wasm").outputs).to.be.lessThan(2 ** 21);
      expect(workloadOf(program, "wasm")).to.include({ dispatches: 0, deviceMacs: 0 });
    });
  }
});
