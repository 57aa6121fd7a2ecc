import { createRandom } from "../random.ts";
import { CLASSES, STREAM } from "../dataset.ts";
import { createRelu, createSilu } from "./activation.ts";
import { type Convolution, createConvolution } from "./conv.ts";
import { createDense, type Dense } from "./dense.ts";
import type { Batch } from "./layer.ts";
import type { Parameter } from "./parameter.ts";
import { createAveragePool, createMaxPool } from "./pool.ts";

/** Widths of the network; a wider one only costs time. */
export const WIDTH = { stem: 8, body: 16, stream: 24, features: 64 } as const;

/** Extent of the feature maps behind the stem, behind the pooling, and before the classifier. */
const FLATTENED = 4 * 4 * WIDTH.stream;

/** What the network computed for one batch, at every point where the quantised program stores a tensor. */
export interface Activations {
  readonly stem: Batch;
  readonly body: Batch;
  readonly stream: Batch;
  readonly branch: Batch;
  readonly joined: Batch;
  readonly features: Batch;
  readonly activated: Batch;
  readonly logits: Batch;
}

/**
 * A small residual network for 28 × 28 grey images:
 * conv 5×5/2 · ReLU · conv 3×3 · ReLU · maxPool · conv 3×3 = stream; stream + conv 3×3(ReLU(stream)) · ReLU ·
 * avgPool · dense · SiLU · dense.
 */
export interface Network {
  readonly layers: {
    stem: Convolution;
    body: Convolution;
    stream: Convolution;
    branch: Convolution;
    features: Dense;
    logits: Dense;
  };
  readonly parameters: readonly Parameter[];
  /** Images f32 [n, 28, 28, 1] in [0, 1]. */
  forward(images: Batch): Activations;
  /** Adds to every parameter's gradient, for the latest `forward`. */
  backward(gradientOfLogits: Batch): void;
}

export function createNetwork(seed: number): Network {
  const random = createRandom(seed, STREAM.weights);
  const square = (inputs: number): { kernel: number; stride: number; pad: number; inputs: number } => ({
    kernel: 3,
    stride: 1,
    pad: 1,
    inputs,
  });
  const stem = createConvolution("stem", { kernel: 5, stride: 2, pad: 2, inputs: 1 }, WIDTH.stem, random);
  const body = createConvolution("body", square(WIDTH.stem), WIDTH.body, random);
  const stream = createConvolution("stream", square(WIDTH.body), WIDTH.stream, random);
  const branch = createConvolution("branch", square(WIDTH.stream), WIDTH.stream, random);
  const features = createDense("features", FLATTENED, WIDTH.features, random);
  const logits = createDense("logits", WIDTH.features, CLASSES, random);
  const [stemRelu, bodyRelu, streamRelu, joinedRelu] = [createRelu(), createRelu(), createRelu(), createRelu()];
  const [maxPool, averagePool, activation] = [createMaxPool(), createAveragePool(), createSilu()];
  const layers = { stem, body, stream, branch, features, logits };

  return {
    layers,
    parameters: Object.values(layers).flatMap((layer) => layer.parameters),
    forward(images) {
      const stemOut = stemRelu.forward(stem.forward(images));
      const bodyOut = bodyRelu.forward(body.forward(stemOut));
      const streamOut = stream.forward(maxPool.forward(bodyOut));
      const branchOut = branch.forward(streamRelu.forward(streamOut));
      const joined = joinedRelu.forward(sum(streamOut, branchOut));
      const featuresOut = features.forward(flatten(averagePool.forward(joined)));
      const activated = activation.forward(featuresOut);
      return {
        stem: stemOut,
        body: bodyOut,
        stream: streamOut,
        branch: branchOut,
        joined,
        features: featuresOut,
        activated,
        logits: logits.forward(activated),
      };
    },
    backward(gradientOfLogits) {
      const flat = features.backward(activation.backward(logits.backward(gradientOfLogits)));
      const joined = joinedRelu.backward(averagePool.backward({ ...flat, h: 4, w: 4, c: WIDTH.stream }));
      const streamOut = sum(joined, streamRelu.backward(branch.backward(joined)));
      const bodyOut = maxPool.backward(stream.backward(streamOut));
      stem.backward(stemRelu.backward(body.backward(bodyRelu.backward(bodyOut))));
    },
  };
}

function sum(a: Batch, b: Batch): Batch {
  return { ...a, data: a.data.map((x, i) => x + b.data[i]!) };
}

function flatten({ n, h, w, c, data }: Batch): Batch {
  return { n, h: 1, w: 1, c: h * w * c, data };
}
