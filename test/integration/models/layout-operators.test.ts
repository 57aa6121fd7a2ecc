import type { GraphTensor } from "@orion/protocol/models";

import {
  below,
  type Case,
  dimsOf,
  floats,
  from,
  itComputesAsOrt,
  longs,
  narrowed,
  pick,
  type Random,
} from "../../support/onnx/operator-case.ts";
import { f32, i64 } from "../../support/onnx/write-model.ts";

const shuffled = (random: Random, count: number): number[] =>
  Array.from({ length: count }, (_, at) => ({ at, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ at }) => at);

function reshape(random: Random): Case {
  const shape = pick(random, [[-1], [0, -1], [4, 6], [2, 0, -1, 1], [24]]);
  return { inputs: [floats(random, [2, 3, 4])], constants: [i64(shape)] };
}

function slice(random: Random): Case {
  const dims = [5, 6, 7];
  const axes = shuffled(random, 3).slice(0, from(random, 1, 3));
  const steps = axes.map(() => pick(random, [1, 1, 2, -1, -2]));
  const starts = axes.map((axis, at) => (steps[at]! > 0 ? from(random, -4, 2) : from(random, 2, dims[axis]! + 3)));
  const ends = axes.map((axis, at) => (steps[at]! > 0 ? from(random, 3, dims[axis]! + 3) : pick(random, [-100, 0, 1])));
  const signed = axes.map((axis) => (random() < 0.5 ? axis : axis - 3));
  if (random() < 0.3) {
    const flat = {
      starts: starts.map(Math.abs).map((start) => start % 3),
      ends: [3, 4, 1000].slice(0, axes.length),
      axes,
    };
    return { inputs: [floats(random, dims)], attributes: flat, opset: 9 };
  }
  return { inputs: [floats(random, dims)], constants: [i64(starts), i64(ends), i64(signed), i64(steps)] };
}

function split(random: Random): Case {
  const inputs = [floats(random, [6, 4])];
  const outputs = ["f32", "f32", "f32"] as const;
  if (random() < 0.3) return { inputs, attributes: { axis: 0, split: [1, 2, 3] }, opset: 11, outputs };
  if (random() < 0.5) return { inputs, constants: [i64([3, 1, 2])], attributes: { axis: -2 }, outputs };
  return { inputs, outputs };
}

function concat(random: Random): Case {
  const dims = dimsOf(random, 3);
  const axis = below(random, 3);
  const inputs = Array.from({ length: from(random, 1, 3) }, () =>
    floats(
      random,
      dims.map((dim, at) => (at === axis ? from(random, 1, 4) : dim)),
    ),
  );
  return { inputs, attributes: { axis: random() < 0.5 ? axis : axis - 3 } };
}

function pad(random: Random): Case {
  const mode = pick(random, ["constant", "reflect", "edge"]);
  const pads = Array.from({ length: 6 }, () => below(random, 3));
  const inputs = [floats(random, [3, 4, 5])];
  if (random() < 0.3) return { inputs, attributes: { pads, mode, value: { float: 1.5 } }, opset: 10 };
  if (mode === "constant") {
    return { inputs, constants: [i64(pads.map((count) => count - 1)), f32([], [2.5])], attributes: { mode } };
  }
  return { inputs, constants: [i64(pads)], attributes: { mode } };
}

function expand(random: Random): Case {
  const dims = dimsOf(random, 3);
  const own = narrowed(random, dims);
  return { inputs: [floats(random, own)], constants: [i64(random() < 0.3 ? narrowed(random, dims) : dims)] };
}

/** Shapes that only sometimes broadcast are drawn until they do. */
function expandable(random: Random): Case {
  for (;;) {
    const drawn = expand(random);
    const own = drawn.inputs[0]!.dims;
    const wanted = Array.from(drawn.constants![0]!.data as BigInt64Array, Number);
    const fits = own.toReversed().every((dim, at) => {
      const other = wanted.at(-1 - at) ?? 1;
      return dim === other || dim === 1 || other === 1;
    });
    if (fits && wanted.length > 0) return drawn;
  }
}

function gather(random: Random): Case {
  const dims = [4, 5, 6];
  const axis = below(random, 3);
  const indices = longs(random, pick(random, [[], [1], [3], [2, 3]]), -dims[axis]!, dims[axis]!);
  const attributes = { axis: random() < 0.5 ? axis : axis - 3 };
  const inputs = [floats(random, dims)];
  return random() < 0.5 ? { inputs, constants: [indices], attributes } : { inputs: [...inputs, indices], attributes };
}

function gatherElements(random: Random): Case {
  const axis = below(random, 2);
  const indices = longs(random, axis === 0 ? [2, 5] : [4, 3], -4, 4);
  return { inputs: [floats(random, [4, 5]), indices], attributes: { axis } };
}

function gatherNd(random: Random): Case {
  const batch = below(random, 2);
  const depth = from(random, 1, 2);
  const lead = batch === 1 ? [2, 3] : [3];
  return {
    inputs: [floats(random, [2, 4, 5]), longs(random, [...lead, depth], -2, 2)],
    attributes: { batch_dims: batch },
  };
}

const COORDINATES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"];

function resize(random: Random): Case {
  const mode = pick(random, ["nearest", "linear"]);
  const attributes = {
    mode,
    coordinate_transformation_mode: pick(random, COORDINATES),
    nearest_mode: pick(random, ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
  };
  const inputs = [floats(random, [1, 2, 5, 7])];
  const none: GraphTensor = f32([0], []);
  if (random() < 0.5) {
    return { inputs, constants: [none, none, i64([1, 2, from(random, 1, 11), from(random, 1, 13)])], attributes };
  }
  const scales = f32([4], [1, 1, pick(random, [2, 0.5, 1.6]), pick(random, [3, 0.7, 1])]);
  return { inputs, constants: [none, scales], attributes };
}

function upsample(random: Random): Case {
  const inputs = [floats(random, [1, 2, 3, 4])];
  const mode = pick(random, ["nearest", "linear"]);
  return { inputs, constants: [f32([4], [1, 1, from(random, 1, 3), 2])], attributes: { mode }, opset: 9 };
}

const CASES: Readonly<Record<string, (random: Random) => Case>> = {
  Reshape: reshape,
  Flatten: (random) => ({ inputs: [floats(random, [2, 3, 4])], attributes: { axis: from(random, -3, 3) } }),
  "Squeeze by attribute": (random) => ({ inputs: [floats(random, [1, 3, 1])], attributes: { axes: [-1] }, opset: 11 }),
  "Squeeze by input": (random) => ({ inputs: [floats(random, [1, 3, 1])], constants: [i64([0, 2])] }),
  "Squeeze of all": (random) => ({ inputs: [floats(random, [1, 3, 1])] }),
  "Unsqueeze by attribute": (random) => ({ inputs: [floats(random, [3, 2])], attributes: { axes: [0, 3] }, opset: 11 }),
  "Unsqueeze by input": (random) => ({ inputs: [floats(random, [3, 2])], constants: [i64([-1, 1])] }),
  Transpose: (random) => {
    const rank = from(random, 1, 4);
    return { inputs: [floats(random, dimsOf(random, rank))], attributes: { perm: shuffled(random, rank) } };
  },
  "Transpose without a permutation": (random) => ({ inputs: [floats(random, [2, 3, 4])] }),
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Expand: expandable,
  Tile: (random) => ({
    inputs: [floats(random, [2, 3, 2])],
    constants: [i64([from(random, 1, 3), from(random, 1, 2), from(random, 0, 2)])],
  }),
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Resize: resize,
  Upsample: upsample,
  "Resize before version 11": (random) => ({
    inputs: [floats(random, [1, 2, 4, 6])],
    constants: [
      f32(
        [4],
        pick(random, [
          [1, 1, 2, 2],
          [1, 1, 0.5, 0.5],
        ]),
      ),
    ],
    attributes: { mode: pick(random, ["nearest", "linear"]) },
    opset: 10,
  }),
  Range: (random) => ({
    inputs: [],
    constants: [i64([from(random, -3, 3)], []), i64([from(random, 4, 20)], []), i64([from(random, 1, 3)], [])],
    outputs: ["i64"],
  }),
  "Range of floats": () => ({ inputs: [], constants: [f32([], [3]), f32([], [-1]), f32([], [-0.75])] }),
  Shape: (random) => ({ inputs: [floats(random, [2, 3, 4])], attributes: { start: 1 }, outputs: ["i64"] }),
  Size: (random) => ({ inputs: [floats(random, [2, 3, 4])], outputs: ["i64"] }),
  DepthToSpace: (random) => ({
    inputs: [floats(random, [1, 8, 2, 3])],
    attributes: { blocksize: 2, mode: pick(random, ["DCR", "CRD"]) },
  }),
  SpaceToDepth: (random) => ({ inputs: [floats(random, [1, 2, 4, 6])], attributes: { blocksize: 2 } }),
};

describe("a layout operator computes as in ONNX Runtime:", () => {
  itComputesAsOrt(CASES);
});
