import {
  encodeProgram,
  ProgramBuilder,
  tensor,
  toBytes,
  validateProgram,
  type BuiltProgram,
  type Tensor,
} from "@orion/protocol/tensor";
import { naiveNode } from "../../unit/tensor/naive-oracle.ts";
import { Random } from "../../unit/tensor/random.ts";
import { naiveRoot, naiveTensorLeaves, sha } from "../../unit/tree/naive-tree.ts";
import { hex } from "./make-operators.ts";

/** A small int8 CNN over 2 images of 10×10: convolution, pooling, a depthwise convolution, averaging, dense, argmax; scores and classes are its outputs. */
export function smallCnn(): { built: BuiltProgram; image: Tensor } {
  const r = new Random(20_261_120);
  const b = new ProgramBuilder();
  const some = (dtype: "i8" | "i32", shape: number[]) => b.constant(r.tensor({ dtype, ...shaped(shape) }));
  const channels = (count: number, lo: number, hi: number) => Array.from({ length: count }, () => r.between(lo, hi));
  const scale = (count: number) => ({
    m: channels(count, 2 ** 30, 2 ** 31 - 1),
    s: channels(count, 38, 41),
    bias: channels(count, -999, 999),
  });
  const x = b.shardInput("u8", [2, 10, 10, 1]);
  const first = b.conv2d(x, some("i8", [6, 3, 3, 1]), {
    dtype: "i8",
    ...scale(6),
    zpX: 7,
    zpOut: -20,
    pad: [1, 1, 1, 1],
  });
  const pooled = b.maxPool(b.relu(first, -20), { kernel: [2, 2] });
  const depthwise = b.conv2d(pooled, some("i8", [6, 3, 3, 1]), {
    dtype: "i8",
    ...scale(6),
    zpX: -20,
    groups: 6,
    pad: [1, 1, 1, 1],
    stride: [2, 2],
  });
  const averaged = b.avgPool(depthwise, { kernel: [2, 2], stride: [1, 1], zp: 3 });
  const table = b.constant(
    tensor(
      "i8",
      [256, 1],
      Int8Array.from({ length: 256 }, (_, i) => Math.round((120 * (i - 128)) / (20 + Math.abs(i - 128)))),
    ),
  );
  const curved = b.lookup(averaged, table, 128);
  const flat = b.reshape(curved, [2, -1]);
  const wide = b.requantize(flat, { dtype: "i16", m: 3, s: 1 });
  const joined = b.concat([wide, b.add(wide, wide, { dtype: "i16", ma: 5, mb: 2, s: 3 })], 1);
  const scores = b.matmul(joined, some("i8", [10, joined.dims[3]]), {
    dtype: "i32",
    m: 1,
    s: 0,
    bias: channels(10, -99, 99),
  });
  const image = r.tensor({ dtype: "u8", ...shaped([2, 10, 10, 1]) });
  return { built: b.build(scores, b.argmax(b.clamp(scores, -50_000, 50_000))), image };
}

function shaped(shape: number[]) {
  const [a = 1, b = 1, c = 1, d = 1] = [1, 1, 1, 1, ...shape].slice(-4);
  return { rank: shape.length, dims: [a, b, c, d] as const };
}

/** All values of the CNN by the naive oracle. */
function naiveValues({ program, constants }: BuiltProgram, image: Tensor): Tensor[] {
  const values: Tensor[] = [];
  const left = [...constants];
  for (const node of program.nodes) {
    if (node.op === "input") values.push(image);
    else if (node.op === "constant") values.push(left.shift()!);
    else {
      const elements = naiveNode(
        node,
        node.operands.map((operand) => values[operand.node]!),
      );
      const data = { i8: Int8Array, u8: Uint8Array, i16: Int16Array, i32: Int32Array }[node.dtype].from(elements);
      values.push({ dtype: node.dtype, rank: node.rank, dims: node.dims, data });
    }
  }
  return values;
}

export interface CnnVectors {
  readonly file: string;
  readonly programRoot: string;
  readonly facts: { readonly work: string; readonly macs: string; readonly batch: number };
  readonly constants: readonly string[];
  readonly shard: readonly string[];
  readonly nodeRoots: readonly string[];
  readonly outputs: readonly string[];
  /** The shard's leaf in the outputs tree, and the root of its trace. */
  readonly leaf: string;
  readonly shardRoot: string;
}

/** Golden vectors of a whole program: file, root, facts, and the root of every node's tensor. */
export function makeCnn(): CnnVectors {
  const { built, image } = smallCnn();
  const file = encodeProgram(built.program);
  const records = Array.from({ length: built.program.nodes.length }, (_, i) =>
    file.subarray(82 + 416 * i, 498 + 416 * i),
  );
  const descriptors = naiveRoot(records.map((record) => sha([3], record)));
  const { work, macs, batch } = validateProgram(built.program);
  const values = naiveValues(built, image);
  const roots = values.map((value) => naiveRoot(naiveTensorLeaves(toBytes(value))));
  return {
    file: hex(file),
    programRoot: hex(sha([2], file.subarray(4, 82), descriptors)),
    facts: { work: String(work), macs: String(macs), batch },
    constants: built.constants.map((constant) => hex(toBytes(constant))),
    shard: [hex(toBytes(image))],
    nodeRoots: roots.map(hex),
    outputs: built.program.outputNodes.map((node) => hex(toBytes(values[node]!))),
    leaf: hex(naiveRoot(built.program.outputNodes.map((node) => roots[node]!))),
    shardRoot: hex(naiveRoot(roots)),
  };
}
