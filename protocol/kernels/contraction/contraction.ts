import { allocate, dtypeMax, dtypeMin, maxAbs } from "../../tensor/dtype.ts";
import { contractionBound } from "../../tensor/ops/contraction.ts";
import { attr, operandAt } from "../../tensor/ops/operator.ts";
import { fitsNumber } from "../../tensor/ops/rules.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode, Tensor, TypedData } from "../../tensor/types.ts";
import type { Device } from "../gpu/device.ts";
import type { NodeRunner } from "../kernel-set.ts";
import type { Pause } from "../pause.ts";
import { rowRescaler, type RowRescaler } from "../rescale.ts";
import { channelTile, exactPart, packBlocks, type Block, type Weights } from "./blocks.ts";
import { convGeometry } from "./conv-geometry.ts";
import type { Geometry, Tile } from "./geometry.ts";
import { EXACT_FLOAT, LIMITS } from "./limits.ts";
import { matmulGeometry } from "./matmul-geometry.ts";
import { contractionScales } from "./scales.ts";

/** Weights as the device wants them. */
interface Packed {
  readonly geometry: Geometry;
  readonly blocks: readonly Block[];
  readonly tile: number;
  readonly part: number;
}

/**
 * Prepares a validated matmul or conv2d for a device. `table` is its parameter table and `constant` its weights, where
 * they are a constant: then they are packed once, and a bound that is proven from their values splits sums less often.
 * Undefined if the device can never compute it exactly: then the reference rule does.
 */
export function prepareContraction(
  device: Device,
  node: ProgramNode,
  table: TypedData,
  constant: TypedData | undefined,
): NodeRunner | undefined {
  const rule = ruleOf(node, table);
  if (rule === undefined) return undefined;
  const batches = batchesOf(node);
  const batchWeights = elementCount(operandAt(node, 1).dims) / batches;
  const pack = (weights: TypedData): Packed[] | undefined => {
    const packed: Packed[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const one = packWeights(
        device,
        node,
        rule,
        batches,
        weights.subarray(batch * batchWeights, (batch + 1) * batchWeights),
      );
      if (one === undefined) return undefined;
      packed.push(one);
    }
    return packed;
  };
  const known = constant === undefined ? undefined : pack(constant);
  if (constant !== undefined && known === undefined) return undefined;
  return {
    async run([input, weights], pause) {
      const x = (input as Tensor).data;
      const packed = known ?? pack((weights as Tensor).data);
      // The sums over these weights cannot be split into exact 32-bit float ones.
      if (packed === undefined) return undefined;
      const out = allocate(node.dtype, elementCount(node.dims));
      const inputs = x.length / batches;
      const outputs = out.length / batches;
      for (const [batch, one] of packed.entries()) {
        const part = x.subarray(batch * inputs, (batch + 1) * inputs);
        await runBatch(device, one, part, rule, out, batch * outputs, pause);
      }
      return out;
    },
  };
}

/** What a node's attributes and table say. */
interface Rule {
  readonly rescale: RowRescaler;
  /** Zero points of input and, by channel, of the weights. */
  readonly za: number;
  readonly zb: Float64Array;
  readonly maxInput: number;
  readonly terms: number;
}

function ruleOf(node: ProgramNode, table: TypedData): Rule | undefined {
  const x = operandAt(node, 0);
  const w = operandAt(node, 1);
  const za = attr(node, 0);
  const terms = node.op === "matmul" ? w.dims[3] : w.dims[1] * w.dims[2] * w.dims[3];
  const maxInput = maxAbs(x.dtype, za);
  const maxWeight = dtypeMax(w.dtype) - dtypeMin(w.dtype);
  const narrow = maxInput <= EXACT_FLOAT && maxWeight <= EXACT_FLOAT;
  if (!narrow || !fitsNumber(contractionBound(x, za, w, terms))) return undefined;
  if (groupsOf(node) > 1 && node.dims[3] / groupsOf(node) < LIMITS.fewestGroupChannels) return undefined;
  const scales = contractionScales(node, table);
  return { rescale: rowRescaler(scales), za, zb: scales.zb, maxInput, terms };
}

function groupsOf(node: ProgramNode): number {
  return node.op === "conv2d" ? attr(node, 10) : 1;
}

/** Matrices that have weights of their own. */
function batchesOf(node: ProgramNode): number {
  const w = operandAt(node, 1).dims;
  return node.op === "matmul" ? w[0] * w[1] : 1;
}

function packWeights(
  device: Device,
  node: ProgramNode,
  rule: Rule,
  batches: number,
  data: TypedData,
): Packed | undefined {
  const { terms, zb, maxInput } = rule;
  const channels = node.dims[3];
  const centred = new Float32Array(data.length);
  for (let n = 0, i = 0; n < channels; n++) {
    for (let k = 0; k < terms; k++, i++) centred[i] = (data[i] as number) - (zb[n] as number);
  }
  const weights: Weights = { centred, channels, terms, maxInput };
  const part = exactPart(weights);
  if (part === undefined) return undefined;
  const tile = channelTile(channels / groupsOf(node), device.layout);
  const geometry = geometryOf(node, batches, mostRows(part, tile, channels));
  if (geometry === undefined) return undefined;
  return { geometry, blocks: packBlocks(geometry, weights, part, tile, device.layout), tile, part };
}

function mostRows(part: number, tile: number, channels: number): number {
  const limits = [LIMITS.rows, LIMITS.macs / (part * tile), LIMITS.outputs / tile, LIMITS.sums / channels];
  return Math.max(Math.floor(Math.min(...limits)), 1);
}

function geometryOf(node: ProgramNode, batches: number, rows: number): Geometry | undefined {
  if (node.op === "conv2d") return convGeometry(node, rows);
  const [b0, b1, m, channels] = node.dims;
  return matmulGeometry((b0 * b1 * m) / batches, operandAt(node, 0).dims[3], channels, rows);
}

/** Runs every tile of one matrix: fill the slab once, add up all blocks, rescale. */
async function runBatch(
  device: Device,
  packed: Packed,
  x: TypedData,
  rule: Rule,
  out: TypedData,
  to: number,
  pause: Pause,
): Promise<void> {
  const { geometry } = packed;
  const channels = rule.zb.length;
  const slab = new Float32Array(geometry.slab + geometry.span);
  const sums = new Float64Array(geometry.base.length * channels);
  const base = withSentinel(geometry);
  for (const tile of geometry.tiles) {
    tile.fill(x, rule.za, slab);
    sums.fill(0);
    for (const block of packed.blocks) {
      await runBlock(device, packed, block, tile, slab, base, { sums, pitch: channels });
      await pause();
    }
    rule.rescale(sums, tile.rows, out, to + tile.first * channels);
  }
}

/** The rows' places in the slab, then the sentinel's, which lies behind all inputs; a multiple of four for SIMD. */
function withSentinel({ base, slab }: Geometry): Float32Array {
  const padded = new Float32Array(Math.ceil((base.length + 1) / 4) * 4);
  padded.set(base);
  padded[base.length] = slab;
  return padded;
}

async function runBlock(
  device: Device,
  { geometry, part, tile: channels }: Packed,
  block: Block,
  tile: Tile,
  slab: Float32Array,
  base: Float32Array,
  into: { readonly sums: Float64Array; readonly pitch: number },
): Promise<void> {
  const { probe } = block;
  if (probe !== undefined) slab[geometry.slab + probe.tap] = 1;
  await device.dispatch({
    shape: { rows: base.length, channels, terms: part, slab: slab.length },
    slab,
    base,
    taps: block.taps,
    weights: block.weights,
    sentinel: probe && { row: geometry.base.length, channel: probe.channel, value: probe.value },
    rows: tile.rows,
    channels: block.channels,
    into: { ...into, first: block.firstChannel },
  });
  if (probe !== undefined) slab[geometry.slab + probe.tap] = 0;
}
