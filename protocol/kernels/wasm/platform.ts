import { UnavailableError } from "../../common/errors.ts";

/** A compiled module; what is in it concerns nobody. */
export type WasmModule = object;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of the platform's WebAssembly object that the kernels use: TypeScript knows it only together with a whole browser. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => {
    readonly exports: unknown;
  };
  readonly Memory: new (limits: { readonly initial: number }) => WasmMemory;
}

/** Throws UnavailableError where the platform has none. */
export function webAssembly(): WebAssemblyApi {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyApi };
  if (WebAssembly === undefined) throw new UnavailableError("no WebAssembly");
  return WebAssembly;
}
