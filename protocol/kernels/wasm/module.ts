import { WASM_BASE64 } from "./generated/module.ts";
import { webAssembly, type WasmModule } from "./platform.ts";

/** The functions of assembly/, where each is described. Addresses are bytes of the workspace's memory. */
export interface WasmKernels {
  gemm(
    rows: number,
    slab: number,
    base: number,
    segments: number,
    segmentCount: number,
    pairs: number,
    weights: number,
    panels: number,
    accumulate: number,
    sums: number,
    pitch: number,
  ): void;
  channelwise(
    rows: number,
    slab: number,
    base: number,
    terms: number,
    pairs: number,
    weights: number,
    blocks: number,
    accumulate: number,
    sums: number,
    pitch: number,
  ): void;
  spreadGroups(
    from: number,
    pixels: number,
    groups: number,
    inputs: number,
    outputs: number,
    to: number,
    planeBytes: number,
  ): void;
  wideGemm(
    rows: number,
    slab: number,
    base: number,
    segments: number,
    segmentCount: number,
    terms: number,
    weights: number,
    panels: number,
    sums: number,
    pitch: number,
  ): void;
  widenSums(
    rows: number,
    columns: number,
    narrow: number,
    narrowPitch: number,
    shift: number,
    accumulate: number,
    wide: number,
    widePitch: number,
  ): void;
  requantizeRows(
    rows: number,
    columns: number,
    sums: number,
    pitch: number,
    parameters: number,
    stride: number,
    safe: number,
    code: number,
    zp: number,
    lo: number,
    hi: number,
    out: number,
    outPitch: number,
  ): void;
  requantizeWideRows(
    rows: number,
    columns: number,
    sums: number,
    pitch: number,
    parameters: number,
    stride: number,
    code: number,
    zp: number,
    lo: number,
    hi: number,
    out: number,
    outPitch: number,
  ): void;
  fillBand(
    code: number,
    wide: number,
    image: number,
    stagedLine: number,
    height: number,
    width: number,
    channels: number,
    firstLine: number,
    lines: number,
    firstColumn: number,
    columns: number,
    zero: number,
    padding: number,
    to: number,
  ): void;
}

let compiled: WasmModule | undefined;

/** The compiled module; all instances share its machine code. Throws where the platform lacks WebAssembly with SIMD. */
export function kernelModule(): WasmModule {
  const { Module } = webAssembly();
  return (compiled ??= new Module(Uint8Array.from(atob(WASM_BASE64), (byte) => byte.charCodeAt(0))));
}
