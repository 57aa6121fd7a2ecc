import { dtypeBytes } from "../../tensor/dtype.ts";
import { operandAt } from "../../tensor/ops/operator.ts";
import { byteLength, elementCount } from "../../tensor/shape.ts";
import type { Program, ProgramNode } from "../../tensor/types.ts";
import { COMPUTED_ROOM } from "../wasm/contraction/contraction.ts";
import { frameOf, matricesOf } from "../wasm/contraction/frame.ts";
import { PANEL, WIDE_PANEL } from "../wasm/contraction/pack.ts";
import { pathOf, slabOf, takesContraction } from "../wasm/contraction/path.ts";
import { chunkColumns, sumsPerRow } from "../wasm/contraction/plan.ts";
import { TILE_ELEMENTS } from "../wasm/ops/element-runner.ts";
import { bandOf } from "../wasm/ops/pool.ts";
import { rowsPerTile } from "../wasm/ops/reduce.ts";
import { planesOf } from "./contraction-plan.ts";
import type { KernelMemory } from "./kernel-memory.ts";

/** Parameters of one channel: bias twice, scale, multiplier, shift. */
const PARAMETERS = 32;
/** A memory of WebAssembly, an instance and their JavaScript objects. */
const INSTANCE = 256 << 10;

/** What the WebAssembly kernels take: their memory never shrinks, so the largest node's buffers stay. */
export function wasmMemory(program: Program): KernelMemory {
  let [kept, scratch, packing] = [0, 0, 0];
  const buffers = program.nodes.map((node) => {
    if (node.op === "input" || node.op === "constant") return 0;
    if (node.op !== "matmul" && node.op !== "conv2d") {
      scratch = Math.max(scratch, stagedBytes(node));
      if (node.op === "lookup") kept += byteLength(operandAt(node, 1));
      return 0;
    }
    if (!takesContraction(node)) return 0;
    const isConstant = program.nodes[operandAt(node, 1).node]?.op === "constant";
    kept += imageBytes(node) * (isConstant ? 1 : COMPUTED_ROOM);
    scratch = Math.max(scratch, tileBytes(node));
    if (!isConstant) return packingBytes(node);
    packing = Math.max(packing, packingBytes(node));
    return 0;
  });
  return { buffers, kept: INSTANCE + kept + scratch, packing };
}

/** Packed weights and tables of a contraction. */
function imageBytes(node: ProgramNode): number {
  const [frame, path] = [frameOf(node), pathOf(node)];
  const weights = elementCount(operandAt(node, 1).dims);
  const channels = frame.outputs / frame.groups;
  const base = slabOf(path, frame).tiling.base.byteLength;
  const tables = matricesOf(node) * (base + PARAMETERS * (Math.ceil(frame.outputs / 4) * 4));
  if (path === "wide") return tables + (weights / channels) * Math.ceil(channels / WIDE_PANEL) * WIDE_PANEL * 8;
  if (path === "channels") return tables + weights * 4 * planesOf(node);
  const [, height, width, inputs] = operandAt(node, 1).dims;
  const terms = node.op === "matmul" ? inputs : width * inputs;
  // Every run of terms is rounded up to whole pairs.
  const padding = (Math.ceil(terms / 2) * 2) / terms;
  const lines = node.op === "matmul" ? 1 : height;
  const perChannel = lines * terms * padding;
  const all = matricesOf(node) * frame.groups * Math.ceil(channels / PANEL) * PANEL;
  return tables + all * perChannel * 2 * planesOf(node);
}

/** Weights minus their zero points and in planes, and packed ones on their way into the kernels' memory. */
function packingBytes(node: ProgramNode): number {
  const weights = elementCount(operandAt(node, 1).dims);
  const planes = planesOf(node);
  return imageBytes(node) + (pathOf(node) === "wide" ? 0 : (weights / matricesOf(node)) * 4 * (planes === 1 ? 1 : 3));
}

/** What one tile takes: its inputs, its slab, its sums, its results. */
function tileBytes(node: ProgramNode): number {
  const [frame, path] = [frameOf(node), pathOf(node)];
  const { tiling, elementBytes, planes, spread } = slabOf(path, frame);
  const pixels = (tiling.slabElements / tiling.imageElements) * tiling.slabLines * tiling.slabColumns;
  const inputs = pixels * frame.inputs * (dtypeBytes(operandAt(node, 0).dtype) + elementBytes);
  const spreadOut = spread ? planes * tiling.slabElements * elementBytes : 0;
  const rows = tiling.base.length;
  const columns = sumsPerRow(chunkColumns(path, frame));
  const sums = rows * columns * (path === "wide" ? 8 : operandAt(node, 1).dtype === "i16" ? 12 : 4);
  // Results twice: a clamp or lookup may follow.
  return inputs + spreadOut + sums + 2 * rows * frame.outputs * dtypeBytes(node.dtype);
}

/** What an operator that is no contraction copies at a time. */
function stagedBytes(node: ProgramNode): number {
  const x = operandAt(node, 0);
  const bytes = dtypeBytes(x.dtype);
  switch (node.op) {
    case "maxPool":
    case "avgPool": {
      const { lines, inputLines } = bandOf(node);
      return inputLines * x.dims[2] * x.dims[3] * bytes + lines * node.dims[2] * node.dims[3] * bytes;
    }
    case "reduceSum":
    case "reduceMax":
    case "argmax": {
      const span = elementCount(x.dims) / elementCount(node.dims);
      return rowsPerTile(span) * (span * bytes + dtypeBytes(node.dtype));
    }
    default:
      // Two operands and two outputs of the widest type, and the room to widen blocks of them.
      return TILE_ELEMENTS * 16 + 4096;
  }
}
