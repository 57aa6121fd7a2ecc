import { expect } from "chai";
import { createExecutor, memoryOf } from "@orion/protocol/kernels";
import { ProgramBuilder, shapeOf, tensorType, type DType, type Tensor, type Value } from "@orion/protocol/tensor";
import { wasmBackend } from "../../../protocol/kernels/backend.ts";
import { wasmMemory } from "../../../protocol/kernels/cost/wasm-memory.ts";
import { Random } from "../tensor/random.ts";

/** The platform's WebAssembly object, whose memories are counted. */
interface Platform {
  Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
}

const platform = (globalThis as unknown as { readonly WebAssembly: Platform }).WebAssembly;

describe("memory of the WebAssembly kernels", () => {
  const r = new Random(3);
  const random = (dtype: DType, shape: readonly number[]): Tensor => r.tensor(tensorType(dtype, shape));
  const { Memory } = platform;
  let made: { readonly buffer: ArrayBuffer }[] = [];
  beforeEach(() => {
    made = [];
    platform.Memory = class extends Memory {
      constructor(limits: { readonly initial: number }) {
        super(limits);
        made.push(this);
      }
    };
  });
  afterEach(() => (platform.Memory = Memory));

  const exact = { dtype: "i8", m: 1, s: 9 } as const;
  const cases: [name: string, inputs: Tensor[], write: (b: ProgramBuilder, inputs: readonly Value[]) => Value][] = [
    [
      "a large matrix of weights",
      [random("i8", [70, 2_000])],
      (b, [x]) => b.matmul(x!, b.constant(random("i8", [1_500, 2_000])), exact),
    ],
    [
      "weights of 16 bits that are split into two planes",
      [random("i8", [300, 700])],
      (b, [x]) => b.matmul(x!, b.constant(random("i16", [1_000, 700])), { ...exact, zpW: -32_768 }),
    ],
    [
      "weights of 32 bits",
      [random("i8", [30, 500])],
      (b, [x]) => b.matmul(x!, b.constant(random("i32", [900, 500])), { ...exact, s: 30 }),
    ],
    [
      "weights that are computed",
      [random("i8", [99, 900]), random("i8", [800, 900])],
      (b, [x, w]) => b.matmul(x!, w!, exact),
    ],
    [
      "a convolution of many channels",
      [random("u8", [2, 40, 40, 64])],
      (b, [x]) => b.conv2d(x!, b.constant(random("i8", [256, 3, 3, 64])), { ...exact, pad: [1, 1, 1, 1] }),
    ],
    [
      "a long pool and a lookup",
      [random("i16", [1, 9, 500, 90])],
      (b, [x]) =>
        b.lookup(b.maxPool(x!, { kernel: [3, 3], stride: [1, 1] }), b.constant(random("i32", [65_536, 1])), 32_768),
    ],
  ];
  for (const [name, inputs, write] of cases) {
    it(`is foreseen to a fifth, and never understated: ${name}`, async () => {
      const b = new ProgramBuilder();
      const values = inputs.map((x, i) =>
        i === 0 ? b.shardInput(x.dtype, shapeOf(x)) : b.sharedInput(x.dtype, shapeOf(x)),
      );
      const { program, constants } = b.build(write(b, values));
      const executor = createExecutor(program, constants, await wasmBackend(0));
      const [shard, ...shared] = inputs;
      await executor.outputs({ shard: [shard!], shared });
      executor.dispose();
      expect(made.length).to.equal(1);
      const taken = made[0]!.buffer.byteLength;
      const { kept, packing } = wasmMemory(program);
      expect(taken).to.be.at.most(kept);
      // Beside the fixed part of an instance.
      expect(taken).to.be.at.least(0.8 * kept - (256 << 10));
      expect(memoryOf(program, "wasm").outputs).to.be.at.least(taken + packing);
    });
  }
});
