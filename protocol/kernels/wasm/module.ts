import { UnavailableError } from "../../common/errors.ts";
import type { ContractionFunctions } from "./contraction/functions.ts";
import type { ElementFunctions } from "./ops/functions.ts";
import { webAssembly, type WasmModule } from "./platform.ts";

/** The functions of assembly/. Addresses are bytes of the workspace's memory. */
export type WasmKernels = ContractionFunctions & ElementFunctions;

let compiled: WasmModule | undefined;

/**
 * Compiles the module once. It is loaded when somebody computes and not before: a repository that was never built has none.
 * Rejects where the platform lacks WebAssembly with SIMD.
 */
export async function loadKernelModule(): Promise<void> {
  if (compiled !== undefined) return;
  const { WASM_BASE64 } = await import("./generated/module.ts");
  const { Module } = webAssembly();
  compiled = new Module(Uint8Array.from(atob(WASM_BASE64), (byte) => byte.charCodeAt(0)));
}

/** The compiled module; all instances share its machine code. Throws UnavailableError where it was not loaded. */
export function kernelModule(): WasmModule {
  if (compiled === undefined) throw new UnavailableError("the WebAssembly kernels are not loaded");
  return compiled;
}
