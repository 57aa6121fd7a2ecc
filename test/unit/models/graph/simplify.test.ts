import { expect } from "chai";

import { createInterpreter, type GraphTensor, readOnnx } from "@orion/protocol/models";

import { createRandom, largestDifference, randomTensor } from "../../../support/onnx/random.ts";
import { f32, writeModel, type WrittenNode } from "../../../support/onnx/write-model.ts";

const random = createRandom(7);
const scalars = (...values: number[]): Record<string, GraphTensor> =>
  Object.fromEntries(values.map((value) => [String(value), f32([], [value])]));

/** Operators that are left of a chain of nodes from x to y; its results must stay as they were. */
async function simplified(
  nodes: readonly WrittenNode[],
  initializers: Readonly<Record<string, GraphTensor>>,
  dims: readonly number[],
): Promise<string> {
  const bytes = writeModel({ nodes, initializers, inputs: [{ name: "x", dims }], outputs: [{ name: "y" }] });
  const inputs = { x: randomTensor(random, dims, -6, 6) };
  const [plain, short] = [await readOnnx(bytes, { unsimplified: true }), await readOnnx(bytes)];
  const [before, after] = [await createInterpreter(plain).run(inputs), await createInterpreter(short).run(inputs)];
  const difference = largestDifference(before.get("y")!.data, after.get("y")!.data);
  expect(difference).to.be.lessThan(2e-5);
  return short.nodes.map(({ op }) => op).join(" ");
}

const node = (op: string, inputs: string, output: string, attributes?: WrittenNode["attributes"]): WrittenNode => ({
  op,
  inputs: inputs.split(" "),
  outputs: [output],
  ...(attributes === undefined ? {} : { attributes }),
});

describe("simplify", () => {
  it("folds batch normalisation, factors and shifts into a convolution", async () => {
    const channels = (low: number): GraphTensor => randomTensor(random, [3], low, 2);
    const ops = await simplified(
      [
        node("Conv", "x w b", "a", { pads: [1, 1, 1, 1] }),
        node("BatchNormalization", "a scale shift mean variance", "c"),
        node("Mul", "factor c", "d"),
        node("Sub", "d 3", "y"),
      ],
      {
        w: randomTensor(random, [3, 2, 3, 3]),
        b: channels(-1),
        scale: channels(0.5),
        shift: channels(-1),
        mean: channels(-1),
        variance: channels(0.5),
        factor: randomTensor(random, [3, 1, 1]),
        ...scalars(3),
      },
      [1, 2, 5, 5],
    );
    expect(ops).to.equal("Conv");
  });

  it("folds into a transposed convolution, unless its groups share an axis of the weights", async () => {
    const nodes = (group: number): WrittenNode[] => [
      node("ConvTranspose", "x w", "a", { strides: [2, 2], group }),
      node("Mul", "a s", "b"),
      node("Add", "b s", "y"),
    ];
    const s = randomTensor(random, [4, 1, 1]);
    const whole = { s, w: randomTensor(random, [2, 4, 2, 2]) };
    expect(await simplified(nodes(1), whole, [1, 2, 3, 3])).to.equal("ConvTranspose");
    const grouped = { s, w: randomTensor(random, [2, 2, 2, 2]) };
    expect(await simplified(nodes(2), grouped, [1, 2, 3, 3])).to.equal("ConvTranspose Mul Add");
  });

  it("folds into matrix products, and leaves alone what others read", async () => {
    const constants = { w: randomTensor(random, [4, 3]), b: randomTensor(random, [3]), s: randomTensor(random, [3]) };
    const chain = [node("MatMul", "x w", "a"), node("Add", "a b", "c"), node("Mul", "c s", "y")];
    expect(await simplified(chain, constants, [2, 4])).to.equal("Gemm");
    expect(await simplified(chain, constants, [2, 2, 4])).to.equal("MatMul Add Mul");
    const shared = [node("MatMul", "x w", "a"), node("Mul", "a s", "c"), node("Add", "a c", "y")];
    expect(await simplified(shared, constants, [2, 4])).to.equal("MatMul Mul Add");
  });

  it("recognises HardSwish and HardSigmoid in each of their forms", async () => {
    const clip = [node("Add", "x 3", "a"), node("Clip", "a 0 6", "b")];
    const constants = scalars(0, 3, 6, 1 / 6);
    const sixth = String(1 / 6);
    for (const rest of [
      [node("Mul", "x b", "c"), node("Div", "c 6", "y")],
      [node("Div", "b 6", "c"), node("Mul", "c x", "y")],
      [node("Mul", `b ${sixth}`, "c"), node("Mul", "x c", "y")],
    ]) {
      expect(await simplified([...clip, ...rest], constants, [3, 5])).to.equal("HardSwish");
    }
    expect(await simplified([...clip, node("Div", "b 6", "y")], constants, [3, 5])).to.equal("HardSigmoid");
    const gated = [node("HardSigmoid", "x", "a", { alpha: { float: 1 / 6 } }), node("Mul", "x a", "y")];
    expect(await simplified(gated, {}, [3, 5])).to.equal("HardSwish");
    const other = [node("HardSigmoid", "x", "a", { alpha: { float: 0.2 } }), node("Mul", "x a", "y")];
    expect(await simplified(other, {}, [3, 5])).to.equal("HardSigmoid Mul");
  });

  it("recognises Silu, also behind a product with 1, and Mish", async () => {
    const silu = [node("Mul", "x 1", "a"), node("Sigmoid", "a", "b"), node("Mul", "x b", "y")];
    expect(await simplified(silu, scalars(1), [3, 5])).to.equal("Silu");
    const mish = [node("Softplus", "x", "a"), node("Tanh", "a", "b"), node("Mul", "x b", "y")];
    expect(await simplified(mish, {}, [3, 5])).to.equal("Mish");
  });

  it("recognises Gelu by the error function and by the hyperbolic tangent", async () => {
    const byErf = [
      node("Div", "x root", "a"),
      node("Erf", "a", "b"),
      node("Add", "b 1", "c"),
      node("Mul", "x c", "d"),
      node("Mul", "d 0.5", "y"),
    ];
    expect(await simplified(byErf, { root: f32([], [Math.SQRT2]), ...scalars(1, 0.5) }, [3, 5])).to.equal("Gelu");
    const byTanh = [
      node("Pow", "x 3", "a"),
      node("Mul", "a 0.044715", "b"),
      node("Add", "x b", "c"),
      node("Mul", "c k", "d"),
      node("Tanh", "d", "e"),
      node("Add", "e 1", "f"),
      node("Mul", "x 0.5", "g"),
      node("Mul", "g f", "y"),
    ];
    const constants = { k: f32([], [Math.sqrt(2 / Math.PI)]), ...scalars(3, 0.044715, 1, 0.5) };
    expect(await simplified(byTanh, constants, [3, 5])).to.equal("Gelu");
  });

  it("recognises layer normalisation with its factors and shifts", async () => {
    const axes = { axes: [-1] };
    const nodes = [
      node("ReduceMean", "x", "mean", axes),
      node("Sub", "x mean", "centred"),
      node("Pow", "centred 2", "squares"),
      node("ReduceMean", "squares", "variance", axes),
      node("Add", "variance 0.00001", "a"),
      node("Sqrt", "a", "deviation"),
      node("Div", "centred deviation", "normal"),
      node("Mul", "normal scale", "b"),
      node("Add", "b bias", "y"),
    ];
    const constants = { scale: randomTensor(random, [6]), bias: randomTensor(random, [6]), ...scalars(2) };
    const epsilon = { "0.00001": f32([], [1e-5]) };
    expect(await simplified(nodes, { ...constants, ...epsilon }, [2, 3, 6])).to.equal("LayerNormalization");
  });

  it("joins moves and drops those that move nothing", async () => {
    const perm = { perm: [1, 2, 0] };
    const moves = [
      node("Transpose", "x", "a", perm),
      node("Transpose", "a", "b", perm),
      node("Transpose", "b", "c", perm),
    ];
    expect(await simplified([...moves, node("Relu", "c", "y")], {}, [2, 3, 4])).to.equal("Relu");
    const flat = [node("Flatten", "x", "a"), node("Unsqueeze", "a axis", "b"), node("Relu", "b", "y")];
    const axis: GraphTensor = { type: "i64", dims: [1], data: BigInt64Array.of(0n) };
    expect(await simplified(flat, { axis }, [2, 3, 4])).to.equal("Reshape Relu");
  });
});
