import type { ContractionFunctions } from "./contraction/functions.ts";
import { WASM_BASE64 } from "./generated/module.ts";
import type { ElementFunctions } from "./ops/functions.ts";
import { webAssembly, type WasmModule } from "./platform.ts";

/** The functions of assembly/. Addresses are bytes of the workspace's memory. */
export type WasmKernels = ContractionFunctions & ElementFunctions;

let compiled: WasmModule | undefined;

/** The compiled module; all instances share its machine code. Throws where the platform lacks WebAssembly with SIMD. */
export function kernelModule(): WasmModule {
  const { Module } = webAssembly();
  return (compiled ??= new Module(Uint8Array.from(atob(WASM_BASE64), (byte) => byte.charCodeAt(0))));
}
