import { expect } from "chai";
import fc from "fast-check";
import { drawDataset, STREAM } from "../../../examples/digits/dataset.ts";
import { decodeFloatWeights, encodeFloatWeights } from "../../../examples/digits/float-weights.ts";
import { accumulateOuter, multiplyByRows } from "../../../examples/digits/nn/gemm.ts";
import { softmaxCrossEntropy } from "../../../examples/digits/nn/loss.ts";
import { createNetwork } from "../../../examples/digits/nn/network.ts";
import { createRandom } from "../../../examples/digits/random.ts";
import { classify, gather, trainNetwork } from "../../../examples/digits/train.ts";

const SIZE = fc.record({
  m: fc.integer({ min: 1, max: 9 }),
  n: fc.integer({ min: 1, max: 9 }),
  k: fc.integer({ min: 1, max: 12 }),
  seed: fc.nat(),
});

function randomMatrix(length: number, seed: number, stream: number): Float32Array {
  const random = createRandom(seed, stream);
  return Float32Array.from({ length }, () => random.normal());
}

describe("digits: network", () => {
  it("multiplies matrices of any size", () => {
    fc.assert(
      fc.property(SIZE, ({ m, n, k, seed }) => {
        const [a, b, out] = [randomMatrix(m * k, seed, 1), randomMatrix(n * k, seed, 2), new Float32Array(m * n)];
        multiplyByRows(a, b, out, { m, n, k });
        out.forEach((value, at) => {
          const [row, column] = [Math.floor(at / n), at % n];
          let sum = 0;
          for (let i = 0; i < k; i++) sum += a[row * k + i]! * b[column * k + i]!;
          expect(value).to.be.closeTo(sum, 1e-4);
        });
      }),
    );
  });

  it("accumulates outer products of any size", () => {
    fc.assert(
      fc.property(SIZE, ({ m, n, k, seed }) => {
        const [g, a, out] = [randomMatrix(m * n, seed, 1), randomMatrix(m * k, seed, 2), randomMatrix(n * k, seed, 3)];
        const before = out.slice();
        accumulateOuter(g, a, out, { m, n, k });
        out.forEach((value, at) => {
          const [column, i] = [Math.floor(at / k), at % k];
          let sum = before[at]!;
          for (let row = 0; row < m; row++) sum += g[row * n + column]! * a[row * k + i]!;
          expect(value).to.be.closeTo(sum, 1e-4);
        });
      }),
    );
  });

  it("computes the gradient of every parameter: a step along it changes the loss at its rate", () => {
    const network = createNetwork(4);
    const { images, labels } = gather(drawDataset(4, STREAM.train, 4), Uint32Array.of(0, 1, 2, 3));
    const lossNow = (): number => softmaxCrossEntropy(network.forward(images).logits, labels).loss;
    network.backward(softmaxCrossEntropy(network.forward(images).logits, labels).gradient);
    for (const { name, value, gradient } of network.parameters) {
      const slope = Math.hypot(...gradient);
      expect(slope, name).to.be.above(0);
      const original = value.slice();
      const lossAfter = (step: number): number => {
        value.forEach((_, i) => (value[i] = original[i]! + (step * gradient[i]!) / slope));
        return lossNow();
      };
      const step = 2e-3;
      const measured = (lossAfter(step) - lossAfter(-step)) / (2 * step);
      value.set(original);
      expect(measured / slope, name).to.be.closeTo(1, 0.05);
    }
  });

  it("learns: the loss falls and the same seed gives the same weights", function () {
    this.timeout(20_000);
    const data = drawDataset(9, STREAM.train, 128);
    const losses: number[] = [];
    const train = (): Uint8Array =>
      encodeFloatWeights(
        trainNetwork(data, {
          seed: 9,
          epochs: 3,
          onProgress: ({ done, total, loss }) => done === total && losses.push(loss),
        }),
      );
    const weights = train();
    expect(losses).to.have.length(3);
    expect(losses[2]).to.be.below(losses[0]!);
    expect(train()).to.deep.equal(weights);
  });

  it("reads float weights back and refuses a file of another length", () => {
    const network = createNetwork(12);
    const bytes = encodeFloatWeights(network);
    const data = drawDataset(1, STREAM.test, 10);
    expect(classify(decodeFloatWeights(bytes), data)).to.deep.equal(classify(network, data));
    expect(() => decodeFloatWeights(bytes.subarray(1))).to.throw("bytes, this network needs");
  });
});
