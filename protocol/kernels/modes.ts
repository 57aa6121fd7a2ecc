/** How a machine computes: by the project's own WebAssembly kernels, or by gpu.js in one of its modes. */
export const MODES = ["wasm", "webgpu", "gpu", "webasm", "cpu"] as const;
export type Mode = (typeof MODES)[number];

/** Whether a backend of this mode may have the WebAssembly kernels beside it. */
export function isJoined(mode: Mode): boolean {
  return mode === "webgpu" || mode === "gpu";
}
