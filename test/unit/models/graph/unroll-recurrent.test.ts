import { expect } from "chai";

import { createInterpreter, readOnnx, unrollRecurrent } from "@orion/protocol/models";

import { createRandom, largestDifference, randomTensor } from "../../../support/onnx/random.ts";
import { writeModel } from "../../../support/onnx/write-model.ts";

describe("unrollRecurrent", () => {
  for (const op of ["LSTM", "GRU"]) {
    for (const direction of ["forward", "reverse", "bidirectional"]) {
      for (const linear of op === "GRU" ? [0, 1] : [0]) {
        it(`computes what ${op} computes, ${direction}${linear === 1 ? ", linear before reset" : ""}`, async () => {
          const random = createRandom(op.length + direction.length + linear);
          const [steps, batch, size, hidden] = [3, 2, 4, 5];
          const gates = op === "LSTM" ? 4 : 3;
          const directions = direction === "bidirectional" ? 2 : 1;
          const outputs = op === "LSTM" ? ["y", "h", "c"] : ["y", "h"];
          const bytes = writeModel({
            inputs: [
              { name: "x", dims: [steps, batch, size] },
              { name: "h0", dims: [directions, batch, hidden] },
            ],
            outputs: outputs.map((name) => ({ name })),
            initializers: {
              w: randomTensor(random, [directions, gates * hidden, size]),
              r: randomTensor(random, [directions, gates * hidden, hidden]),
              b: randomTensor(random, [directions, 2 * gates * hidden]),
            },
            nodes: [
              {
                op,
                inputs: ["x", "w", "r", "b", "", "h0"],
                outputs,
                attributes: {
                  hidden_size: hidden,
                  direction,
                  ...(op === "GRU" ? { linear_before_reset: linear } : {}),
                },
              },
            ],
          });
          const graph = await readOnnx(bytes);
          const unrolled = unrollRecurrent(graph);
          const inputs = {
            x: randomTensor(random, [steps, batch, size]),
            h0: randomTensor(random, [directions, batch, hidden]),
          };
          const [whole, parts] = [
            await createInterpreter(graph).run(inputs),
            await createInterpreter(unrolled).run(inputs),
          ];
          const ops = new Set(unrolled.nodes.map((node) => node.op));
          expect(ops).not.to.include(op);
          expect(ops).to.include("Gemm").and.to.include("Sigmoid");
          for (const name of outputs) {
            expect(parts.get(name)!.dims).to.deep.equal(whole.get(name)!.dims);
            expect(largestDifference(parts.get(name)!.data, whole.get(name)!.data)).to.be.lessThan(1e-6);
          }
        });
      }
    }
  }
});
