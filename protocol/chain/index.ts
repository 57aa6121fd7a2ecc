export * from "./artifact.ts";
export * from "./chain.ts";
export * from "./errors.ts";
export * from "./market-follower.ts";
export * from "./market-view.ts";
export * from "./network.ts";
export * from "./sender.ts";
export * from "./terms.ts";
