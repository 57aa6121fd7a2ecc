import {
  elementCount,
  ProgramBuilder,
  ProgramError,
  shapeOf,
  tensorRoot,
  tensorType,
  toBytes,
  type ContractionOptions,
  type DType,
  type OpName,
  type Program,
  type Tensor,
  type Value,
} from "@orion/protocol/tensor";

import { Random } from "../unit/tensor/random.ts";
import { STEPS } from "../unit/tensor/random-program.ts";
import { nodeSha256 } from "./node-sha256.ts";

/** A valid program and a tensor for each of its nodes, of random bits: every node is judged by what the others hold. */
export interface RandomTrace {
  readonly program: Program;
  readonly tensors: readonly Tensor[];
}

export const COMPUTED_OPS = Object.keys(STEPS) as (keyof typeof STEPS)[];

/** Gives operands from every source where a generator asks for a constant; the table of a contraction stays one. */
class MixingBuilder extends ProgramBuilder {
  readonly #random: Random;
  readonly #rows: number;
  #needsConstant = false;

  constructor(random: Random, rows: number) {
    super();
    this.#random = random;
    this.#rows = rows;
  }

  override constant(value: Tensor): Value {
    const shape = shapeOf(value);
    if (this.#needsConstant || this.#random.chance(0.3)) return super.constant(value);
    const input = shape[0] === this.#rows ? this.shardInput(value.dtype, shape) : this.sharedInput(value.dtype, shape);
    return this.#random.chance(0.5) ? input : this.isqrt(input, value.dtype);
  }

  override matmul(a: Value, b: Value, options: ContractionOptions): Value {
    return this.#withConstants(() => super.matmul(a, b, options));
  }

  override conv2d(x: Value, w: Value, options: Parameters<ProgramBuilder["conv2d"]>[2]): Value {
    return this.#withConstants(() => super.conv2d(x, w, options));
  }

  #withConstants(append: () => Value): Value {
    this.#needsConstant = true;
    try {
      return append();
    } finally {
      this.#needsConstant = false;
    }
  }
}

/** Strides and the box of one axis of a random index map. */
function randomAxis(r: Random, extent: number): { lo: number; hi: number; stride: number } {
  const whole = r.chance(0.6);
  const lo = whole ? 0 : r.between(0, extent - 1);
  const hi = whole ? extent : r.between(lo + 1, extent);
  return { lo, hi, stride: hi - lo > 1 ? r.between(-3, 3) : 0 };
}

/** Lowest and highest offset that strides reach in a box. */
function reach(strides: readonly number[], extents: readonly number[]): [number, number] {
  const ends = strides.map((stride, d) => stride * (extents[d]! - 1));
  return [ends.reduce((sum, end) => sum + Math.min(end, 0), 0), ends.reduce((sum, end) => sum + Math.max(end, 0), 0)];
}

/** An index map of any strides, box, pad and split that stays inside its operands. */
function randomView(b: ProgramBuilder, r: Random, x: Value): Value {
  const dims = [r.between(1, 4), r.between(1, 4), r.between(1, 4), r.between(1, 6)];
  const axes = dims.map((extent) => randomAxis(r, extent));
  const extents = axes.map(({ lo, hi }) => hi - lo);
  const axis = r.between(0, 3);
  const joins = extents[axis]! > 1 && r.chance(0.5);
  const split = joins ? r.between(1, extents[axis]! - 1) : 0;
  const map = (index: number, size: number): number[] | undefined => {
    const box = extents.map((extent, d) => (joins && d === axis ? (index === 0 ? split : extent - split) : extent));
    const strides = axes.map(({ stride }, d) => (box[d]! > 1 ? (index === 0 ? stride : -stride) : 0));
    const [lowest, highest] = reach(strides, box);
    if (highest - lowest >= size) return undefined;
    return [r.between(-lowest, size - 1 - highest), ...strides];
  };
  const other = joins ? b.constant(r.tensor(tensorType(x.dtype, [r.between(1, 40)]))) : undefined;
  const first = map(0, elementCount(x.dims));
  const second = other === undefined ? [0, 0, 0, 0, 0] : map(1, elementCount(other.dims));
  if (first === undefined || second === undefined) return b.reshape(x, [elementCount(x.dims)]);
  const padded = axes.some(({ lo, hi }, d) => lo !== 0 || hi !== dims[d]);
  const box = [...axes.map(({ lo }) => lo), ...axes.map(({ hi }) => hi)];
  const attrs = [...first, ...second, joins ? axis : 0, split, ...box, padded ? r.value(x.dtype) : 0];
  const operands = other === undefined ? [x] : [x, other];
  return b.view({ dtype: x.dtype, rank: 4, dims: [dims[0]!, dims[1]!, dims[2]!, dims[3]!] }, attrs, ...operands);
}

function step(b: ProgramBuilder, r: Random, x: Value, op: keyof typeof STEPS): Value {
  return op === "view" && r.chance(0.6) ? randomView(b, r, x) : STEPS[op](b, r, x);
}

/** The program with other constants: their roots stand in its descriptors. */
function withConstants(program: Program, tensors: readonly Tensor[]): Program {
  const root = (index: number): Uint8Array => tensorRoot(toBytes(tensors[index]!), nodeSha256);
  const nodes = program.nodes.map((node, index) => ({
    ...node,
    constantRoot: node.op === "constant" ? root(index) : undefined,
    operands: node.operands.map((operand) =>
      operand.source === "constant" ? { ...operand, root: root(operand.node) } : operand,
    ),
  }));
  return { ...program, nodes };
}

/** Tensors larger than this would make the trees of a test dear without reaching anything new. */
const MAX_ELEMENTS = 60_000;

const WINDOWS = new Set<keyof typeof STEPS>(["conv2d", "maxPool", "avgPool"]);

function inputShape(r: Random, rows: number, op: keyof typeof STEPS): number[] {
  // Rows of an image about a chunk long: their openings overlap, adjoin or stand apart.
  if (WINDOWS.has(op) && r.chance(0.5)) return [rows, r.between(3, 6), r.between(60, 700), r.between(1, 4)];
  const wide = r.chance(0.2);
  const rank = r.between(wide ? 2 : 1, 4);
  const most = wide ? [0, 0, 9_000, 400, 24][rank]! : 5;
  return [rows, ...Array.from({ length: rank - 1 }, () => r.between(1, most))];
}

/**
 * A random trace of up to `length` operators; the first one is `op`. Parameter tables hold random bits in half of
 * the traces, so that multipliers, shifts and zero points from data leave their ranges.
 */
export function randomTrace(seed: number, op: keyof typeof STEPS, length: number): RandomTrace {
  for (let attempt = 0; ; attempt++) {
    const r = new Random((seed * 31 + attempt) | 0);
    const rows = r.between(1, 3);
    const b = new MixingBuilder(r, rows);
    const dtype: DType = r.dtype();
    let y = b.shardInput(dtype, inputShape(r, rows, op));
    try {
      for (let i = 0; i < length; i++) {
        y = step(b, r, y, i === 0 ? op : r.pick(COMPUTED_OPS));
        if (elementCount(y.dims) > 600) break;
      }
      const { program, constants } = b.build(y);
      if (program.nodes.some(({ dims }) => elementCount(dims) > MAX_ELEMENTS)) continue;
      const wild = r.chance(0.5);
      let constant = 0;
      const tensors = program.nodes.map((node) =>
        node.op === "constant" && !wild ? constants[constant++]! : r.tensor(node),
      );
      return { program: wild ? withConstants(program, tensors) : program, tensors };
    } catch (error) {
      // The validator refuses some draws (an accumulator too wide, a step too long): the next draw is another one.
      if (!(error instanceof ProgramError) || attempt > 50) throw error;
    }
  }
}

/** Names of the operators that are computed. */
export const isComputedOp = (op: OpName): op is keyof typeof STEPS => op !== "input" && op !== "constant";
