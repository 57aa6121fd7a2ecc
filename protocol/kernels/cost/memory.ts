import { byteLength } from "../../tensor/shape.ts";
import { HASH_BYTES } from "../../tensor/tree/sha256.ts";
import type { Program } from "../../tensor/types.ts";
import { planRun } from "../lifetimes.ts";
import { isJoined, type Mode } from "../modes.ts";
import { deviceMemory } from "./device-memory.ts";
import type { KernelMemory } from "./kernel-memory.ts";
import { wasmMemory } from "./wasm-memory.ts";

/** Bytes that these kernels need for one shard of a program, inputs and constants included. */
export interface MemoryNeed {
  /** Of computing outputs: what is alive at the worst moment. */
  readonly outputs: number;
  /** Of tracing with every value held: all tensors and all node roots. */
  readonly held: number;
}

/** What a program's run takes on a backend of this mode, from the program alone. */
export function memoryOf(program: Program, mode: Mode): MemoryNeed {
  const { nodes } = program;
  const sizes = nodes.map((node) => byteLength(node));
  const isConstant = (index: number): boolean => nodes[index]?.op === "constant";
  const kernels = kernelMemory(program, mode);
  // Constants stay for the next shard, and so do their weights as the kernels want them.
  const constants = sum(sizes, isConstant);
  const { needed, drops } = planRun(program, program.outputNodes, program.outputNodes);
  let [alive, worst] = [0, 0];
  for (const [index, node] of nodes.entries()) {
    if (!needed[index] || node.op === "constant") continue;
    alive += sizes[index] as number;
    worst = Math.max(worst, alive + (kernels.buffers[index] as number));
    for (const done of drops[index] ?? []) if (!isConstant(done)) alive -= sizes[done] as number;
  }
  const all = sum(sizes, () => true);
  const largest = kernels.buffers.reduce((most, bytes) => Math.max(most, bytes), 0);
  // The roots, and the tree over them.
  const roots = 3 * nodes.length * HASH_BYTES;
  const ready = constants + kernels.kept;
  return {
    outputs: ready + Math.max(worst, kernels.packing),
    held: Math.max(all + kernels.kept + largest + roots, ready + kernels.packing),
  };
}

function kernelMemory(program: Program, mode: Mode): KernelMemory {
  if (mode === "wasm") return wasmMemory(program);
  const device = deviceMemory(program);
  if (!isJoined(mode)) return device;
  // Which of the two computes a node depends on what was measured: both are counted.
  const wasm = wasmMemory(program);
  return {
    buffers: device.buffers.map((bytes, index) => bytes + (wasm.buffers[index] as number)),
    kept: device.kept + wasm.kept,
    packing: Math.max(device.packing, wasm.packing),
  };
}

function sum(sizes: readonly number[], keep: (index: number) => boolean): number {
  return sizes.reduce((total, bytes, index) => (keep(index) ? total + bytes : total), 0);
}
