/** The kernels for Node: everything of the browser-safe face, and native hashing. */
export * from "./index.ts";
export { nativeSha256 } from "./hash-node.ts";
