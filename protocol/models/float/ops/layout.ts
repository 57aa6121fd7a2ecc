import { listOf, numberOf, textOf } from "../../graph/attributes.ts";
import { broadcastStrides, elementCount, stridesOf } from "../../graph/dims.ts";
import { nodeError } from "../../graph/model-error.ts";
import { numbersOf, withDims } from "../../graph/tensors.ts";
import type { GraphTensor } from "../../graph/types.ts";
import { cellsOf, inputTensor, type Kernel, type KernelCall, newOutput } from "../kernel.ts";
import { copyRegion, gatherMapped, gatherStrided } from "../strided.ts";

const reshape: Kernel = (call) => [withDims(inputTensor(call, 0), call.outputs[0]!.dims)];

/** An output that is the input read with other strides. */
function restrided(call: KernelCall, x: GraphTensor, strides: readonly number[], offset = 0): GraphTensor[] {
  const output = newOutput(call);
  gatherStrided({ cells: cellsOf(x), offset, strides }, cellsOf(output), output.dims);
  return [output];
}

const transpose: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const strides = stridesOf(x.dims);
  return restrided(
    call,
    x,
    listOf(call, "perm").map((axis) => strides[axis]!),
  );
};

const expand: Kernel = (call) => {
  const x = inputTensor(call, 0);
  return restrided(call, x, broadcastStrides(x.dims, call.outputs[0]!.dims));
};

const slice: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const [starts, steps] = [listOf(call, "starts"), listOf(call, "steps")];
  const strides = stridesOf(x.dims);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
  return restrided(
    call,
    x,
    strides.map((stride, axis) => stride * steps[axis]!),
    offset,
  );
};

/** Writes tensors one behind the other along an axis. */
export function concatenate(inputs: readonly GraphTensor[], output: GraphTensor, axis: number): void {
  const outer = elementCount(output.dims.slice(0, axis));
  const row = elementCount(output.dims.slice(axis));
  const target = cellsOf(output);
  let at = 0;
  for (const input of inputs) {
    const own = elementCount(input.dims.slice(axis));
    const source = cellsOf(input);
    copyRegion({ cells: source, offset: 0, strides: [own, 1] }, { cells: target, offset: at, strides: [row, 1] }, [
      outer,
      own,
    ]);
    at += own;
  }
}

const concat: Kernel = (call) => {
  const output = newOutput(call);
  concatenate(
    call.inputs.map((_, index) => inputTensor(call, index)),
    output,
    numberOf(call, "axis"),
  );
  return [output];
};

/** Index of the source element for a position outside of the axis by the rule of the padding mode, -1 for a constant. */
function borderIndex(position: number, dim: number, mode: string): number {
  if (position >= 0 && position < dim) return position;
  if (mode === "edge") return position < 0 ? 0 : dim - 1;
  if (mode === "reflect") return position < 0 ? -position : 2 * (dim - 1) - position;
  if (mode === "wrap") return ((position % dim) + dim) % dim;
  return -1;
}

const pad: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const output = newOutput(call);
  const [pads, mode] = [listOf(call, "pads"), textOf(call, "mode")];
  const value = numberOf(call, "value");
  const maps = output.dims.map((dim, axis) =>
    Int32Array.from({ length: dim }, (_, at) => borderIndex(at - pads[axis]!, x.dims[axis]!, mode)),
  );
  if (output.type === "i64") output.data.fill(BigInt(value));
  else output.data.fill(value);
  gatherMapped(cellsOf(x), x.dims, maps, cellsOf(output));
  return [output];
};

const tile: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const output = newOutput(call);
  const maps = output.dims.map((dim, axis) => Int32Array.from({ length: dim }, (_, at) => at % x.dims[axis]!));
  gatherMapped(cellsOf(x), x.dims, maps, cellsOf(output));
  return [output];
};

/** Indices as non-negative positions on an axis; ONNX counts negative ones from its end. */
function positionsOf(call: KernelCall, dim: number): number[] {
  return numbersOf(inputTensor(call, 1)).map((index) => {
    const position = index < 0 ? index + dim : index;
    if (position < 0 || position >= dim) throw nodeError(call, `index ${index} is outside of an axis of ${dim}`);
    return position;
  });
}

const gather: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const axis = numberOf(call, "axis");
  const output = newOutput(call);
  const [source, target] = [cellsOf(x), cellsOf(output)];
  const dim = x.dims[axis]!;
  const [outer, inner] = [elementCount(x.dims.slice(0, axis)), elementCount(x.dims.slice(axis + 1))];
  const positions = positionsOf(call, dim);
  let write = 0;
  for (let block = 0; block < outer; block++) {
    for (const position of positions) {
      const read = (block * dim + position) * inner;
      target.set(source.subarray(read, read + inner), write);
      write += inner;
    }
  }
  return [output];
};

const gatherElements: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const axis = numberOf(call, "axis");
  const output = newOutput(call);
  const [source, target] = [cellsOf(x), cellsOf(output)];
  const positions = positionsOf(call, x.dims[axis]!);
  const [strides, own] = [stridesOf(x.dims), stridesOf(output.dims)];
  for (let i = 0; i < target.length; i++) {
    let read = 0;
    for (let at = 0, rest = i; at < own.length; at++) {
      const position = Math.floor(rest / own[at]!);
      rest -= position * own[at]!;
      read += (at === axis ? positions[i]! : position) * strides[at]!;
    }
    target[i] = source[read]!;
  }
  return [output];
};

const gatherNd: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const indices = inputTensor(call, 1);
  const batch = numberOf(call, "batch_dims");
  const output = newOutput(call);
  const [source, target] = [cellsOf(x), cellsOf(output)];
  const depth = indices.dims.at(-1)!;
  const strides = stridesOf(x.dims);
  const blocks = elementCount(indices.dims.slice(0, batch));
  const perBlock = elementCount(indices.dims.slice(batch, -1));
  const blockSize = elementCount(x.dims.slice(batch));
  const run = elementCount(x.dims.slice(batch + depth));
  const list = numbersOf(indices);
  for (let tuple = 0; tuple < blocks * perBlock; tuple++) {
    let read = Math.floor(tuple / perBlock) * blockSize;
    for (let at = 0; at < depth; at++) {
      const dim = x.dims[batch + at]!;
      const index = list[tuple * depth + at]!;
      const position = index < 0 ? index + dim : index;
      if (position < 0 || position >= dim) throw nodeError(call, `index ${index} is outside of an axis of ${dim}`);
      read += position * strides[batch + at]!;
    }
    target.set(source.subarray(read, read + run), tuple * run);
  }
  return [output];
};

export const LAYOUT: Readonly<Record<string, Kernel>> = {
  Reshape: reshape,
  Transpose: transpose,
  Expand: expand,
  Slice: slice,
  Concat: concat,
  Pad: pad,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
};
