export * from "./dataset.ts";
export * from "./documents.ts";
export * from "./job-program.ts";
export * from "./job-session.ts";
export { openManifest, putManifest, type Manifest, type ShardProgress } from "./manifest.ts";
export * from "./outputs.ts";
export * from "./program-package.ts";
export * from "./result.ts";
export * from "./service-context.ts";
