/** How a machine computes: by the project's own WebAssembly kernels, or by gpu.js in one of its modes. */
export const MODES = ["wasm", "webgpu", "gpu", "webasm", "cpu"] as const;
export type Mode = (typeof MODES)[number];
