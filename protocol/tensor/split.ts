import { InvalidInputError } from "../common/errors.ts";
import { allocate } from "./dtype.ts";
import { describeType, elementCount, firstExtent, sameType, shapeOf, tensorType } from "./shape.ts";
import type { Tensor } from "./types.ts";

function requirePositive(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidInputError(`${name} ${value} is not a positive integer`);
  }
}

/** Number of shards of `batch` rows each that hold `rows` rows. */
export function shardCount(rows: number, batch: number): number {
  requirePositive(rows, "number of rows");
  requirePositive(batch, "batch");
  return Math.ceil(rows / batch);
}

/**
 * Cuts a tensor into shards of `batch` rows of its first axis: shard s holds rows [s·batch, (s+1)·batch), and the last
 * one is filled with zero rows.
 */
export function splitRows(tensor: Tensor, batch: number): Tensor[] {
  const count = shardCount(firstExtent(tensor), batch);
  return Array.from({ length: count }, (_, shard) => shardRows(tensor, batch, shard));
}

/** Shard `shard` as `splitRows` cuts it, without the others. Throws InvalidInputError where there is no such shard. */
export function shardRows(tensor: Tensor, batch: number, shard: number): Tensor {
  const rows = firstExtent(tensor);
  const count = shardCount(rows, batch);
  if (!Number.isInteger(shard) || shard < 0 || shard >= count) {
    throw new InvalidInputError(`${rows} rows make ${count} shards of ${batch}, there is no shard ${shard}`);
  }
  const rowLength = elementCount(tensor.dims) / rows;
  const data = allocate(tensor.dtype, batch * rowLength);
  data.set(tensor.data.subarray(shard * batch * rowLength, (shard + 1) * batch * rowLength));
  return { ...tensorType(tensor.dtype, [batch, ...shapeOf(tensor).slice(1)]), data };
}

/**
 * Joins the outputs of all shards on their first axis, in order. If that axis has `batch` rows, the rows that filled up
 * the last shard are dropped, so that row i of the result belongs to row i of the input; an output with another first
 * extent keeps all its rows. Throws InvalidInputError unless there is one output of one type for each shard.
 */
export function joinRows(outputs: readonly Tensor[], rows: number, batch: number): Tensor {
  const count = shardCount(rows, batch);
  const [first] = outputs;
  if (first === undefined || outputs.length !== count) {
    throw new InvalidInputError(`${outputs.length} outputs for the ${count} shards of ${rows} rows`);
  }
  const odd = outputs.find((output) => !sameType(output, first));
  if (odd !== undefined) {
    throw new InvalidInputError(`an output is ${describeType(odd)} where the first one is ${describeType(first)}`);
  }
  const extent = firstExtent(first);
  const joined = extent === batch ? rows : count * extent;
  const rowLength = first.data.length / extent;
  const data = allocate(first.dtype, joined * rowLength);
  for (const [shard, output] of outputs.entries()) {
    const at = shard * first.data.length;
    data.set(output.data.subarray(0, data.length - at), at);
  }
  return { ...tensorType(first.dtype, [joined, ...shapeOf(first).slice(1)]), data };
}
