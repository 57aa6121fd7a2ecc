import ortNode from "onnxruntime-node";
import ortWeb from "onnxruntime-web";

/** Runs one model on given unsigned bytes, one thread. */
export type OnnxRun = () => Promise<unknown>;

/** ONNX Runtime's build for browsers: WebAssembly with SIMD, one thread. */
export async function onWeb(model: Uint8Array, x: Uint8Array, dims: readonly number[]): Promise<OnnxRun> {
  ortWeb.env.wasm.numThreads = 1;
  const session = await ortWeb.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const feeds = { x: new ortWeb.Tensor("uint8", x, dims) };
  return () => session.run(feeds);
}

/** ONNX Runtime's native build, one thread. */
export async function onNode(model: Uint8Array, x: Uint8Array, dims: readonly number[]): Promise<OnnxRun> {
  const session = await ortNode.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    // Without it the products of bytes saturate in 16 bits on processors without VNNI, and sums are wrong.
    extra: { session: { x64quantprecision: "1" } },
  });
  const feeds = { x: new ortNode.Tensor("uint8", x, dims) };
  return () => session.run(feeds);
}
