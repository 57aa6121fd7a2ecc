import { interpret, type Program, type Tensor, validateProgram } from "@orion/protocol/tensor";
import { IMAGE_PIXELS, IMAGE_SIZE } from "./drawing/draw.ts";

/**
 * The class of every image (u8 [count, 28, 28, 1]) by the program itself, shard by shard on the reference interpreter;
 * the last shard is filled with zero rows, as a job's is.
 */
export function classifyWithProgram(
  program: Program,
  constants: readonly Tensor[],
  images: Uint8Array,
  onShard: (done: number, total: number) => void = () => undefined,
): Int32Array {
  const rows = validateProgram(program).batch;
  const count = images.length / IMAGE_PIXELS;
  const shards = Math.ceil(count / rows);
  const classes = new Int32Array(shards * rows);
  for (let shard = 0; shard < shards; shard++) {
    const data = new Uint8Array(rows * IMAGE_PIXELS);
    data.set(images.subarray(shard * data.length, (shard + 1) * data.length));
    const input: Tensor = { dtype: "u8", rank: 4, dims: [rows, IMAGE_SIZE, IMAGE_SIZE, 1], data };
    const output = interpret(program, { constants, shared: [], shard: [input] })[program.outputNodes[0]!]!;
    classes.set(output.data, shard * rows);
    onShard(shard + 1, shards);
  }
  return classes.slice(0, count);
}
