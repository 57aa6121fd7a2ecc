import { dtypeMax, dtypeMin, maxAbs } from "../../tensor/dtype.ts";
import { contractionBound } from "../../tensor/ops/contraction.ts";
import { attr, operandAt } from "../../tensor/ops/operator.ts";
import { fitsNumber } from "../../tensor/ops/rules.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode } from "../../tensor/types.ts";
import { EXACT_FLOAT, LIMITS } from "../contraction/limits.ts";
import type { Mode } from "../modes.ts";
import { frameOf, matricesOf } from "../wasm/contraction/frame.ts";
import { PANEL } from "../wasm/contraction/pack.ts";
import { pathOf, slabOf, takesContraction } from "../wasm/contraction/path.ts";
import { chunkColumns } from "../wasm/contraction/plan.ts";

/** What is known of a contraction's run without its weights. */
export interface ContractionPlan {
  /**
   * How it is computed if its weights are as large as their type allows: by the kernels for many channels, by those for
   * few channels a group, or in wide integers.
   */
  readonly path: "device" | "here" | "wide";
  /** Multiply-accumulates, of channels that only fill up a dispatch or a panel too. */
  readonly macs: number;
  /** Output channels of one group, rounded up as the kernels want them. */
  readonly channels: number;
  readonly dispatches: number;
}

/** Channels that every layout's dispatch is a multiple of. */
const CHANNEL_STEP = 4;

/** How a backend of this mode computes a contraction. */
export function planContraction(node: ProgramNode, mode: Mode): ContractionPlan {
  return mode === "wasm" ? planWasm(node) : planDevice(node);
}

/** How a device of gpu.js and plain JavaScript compute it. */
export function planDevice(node: ProgramNode): ContractionPlan {
  const [x, w] = [operandAt(node, 0), operandAt(node, 1)];
  const terms = node.op === "matmul" ? w.dims[3] : w.dims[1] * w.dims[2] * w.dims[3];
  const macs = elementCount(node.dims) * terms;
  const groups = node.op === "conv2d" ? attr(node, 10) : 1;
  const groupChannels = node.dims[3] / groups;
  const channels = Math.ceil(groupChannels / CHANNEL_STEP) * CHANNEL_STEP;
  const none = { macs, channels, dispatches: 0 };
  if (!fitsNumber(contractionBound(x, attr(node, 0), w, terms))) return { path: "wide", ...none };
  const [maxInput, maxWeight] = [maxAbs(x.dtype, attr(node, 0)), dtypeMax(w.dtype) - dtypeMin(w.dtype)];
  const most = Math.floor(EXACT_FLOAT / (maxInput * maxWeight));
  const splits = most >= Math.min(terms, LIMITS.shortestPart);
  if (!splits || (groups > 1 && groupChannels < LIMITS.fewestGroupChannels)) return { path: "here", ...none };
  const part = Math.min(most, terms, LIMITS.terms);
  const tile = Math.min(channels, LIMITS.channels);
  const limits = [LIMITS.rows, LIMITS.macs / (part * tile), LIMITS.outputs / tile, LIMITS.sums / node.dims[3]];
  const rows = Math.max(Math.floor(Math.min(...limits, LIMITS.slab / slabPerRow(node, terms))), 1);
  const batches = node.op === "matmul" ? w.dims[0] * w.dims[1] : 1;
  const tiles = batches * Math.ceil(elementCount(node.dims) / node.dims[3] / batches / rows);
  return {
    path: "device",
    macs: (macs / groupChannels) * channels,
    channels,
    dispatches: tiles * groups * Math.ceil(channels / tile) * Math.ceil(terms / part),
  };
}

/** Floats of the device's input that one output row takes. */
function slabPerRow(node: ProgramNode, terms: number): number {
  if (node.op === "matmul") return terms;
  const x = operandAt(node, 0);
  return Math.max((x.dims[1] * x.dims[2] * x.dims[3]) / (node.dims[1] * node.dims[2]), 1);
}

/** Weights of 16 bits may have to be split into two planes of bytes. */
export function planesOf(node: ProgramNode): number {
  return operandAt(node, 1).dtype === "i16" ? 2 : 1;
}

/** Plain JavaScript takes so many times as long for a term as the kernels for wide integers: with doubles, and with bigints. */
const SLOWER = { narrow: 16, wide: 64 } as const;

const PATHS = { panels: "device", channels: "here", wide: "wide" } as const;

function planWasm(node: ProgramNode): ContractionPlan {
  const frame = frameOf(node);
  const path = pathOf(node);
  const matrices = matricesOf(node);
  const groupChannels = frame.outputs / frame.groups;
  const w = operandAt(node, 1).dims;
  const macs = elementCount(node.dims) * (node.op === "matmul" ? w[3] : w[1] * w[2] * w[3]);
  if (!takesContraction(node)) {
    const terms = macs / elementCount(node.dims);
    const isNarrow = fitsNumber(contractionBound(operandAt(node, 0), attr(node, 0), operandAt(node, 1), terms));
    const slower = SLOWER[isNarrow ? "narrow" : "wide"];
    return { path: "wide", macs: macs * slower, channels: groupChannels, dispatches: 0 };
  }
  const tiles = matrices * slabOf(path, frame).tiling.count;
  // A group lies in one chunk only.
  const calls = frame.groups > 1 ? frame.groups : Math.ceil(frame.outputs / chunkColumns(path, frame));
  const dispatches = tiles * calls;
  if (path === "wide") return { path: PATHS[path], macs, channels: groupChannels, dispatches };
  const multiplied = macs * planesOf(node);
  if (path === "channels") return { path: PATHS[path], macs: multiplied, channels: groupChannels, dispatches };
  const channels = Math.ceil(groupChannels / PANEL) * PANEL;
  return { path: PATHS[path], macs: (multiplied / groupChannels) * channels, channels, dispatches };
}
