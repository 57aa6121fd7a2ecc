export * from "./dispute-state.ts";
export * from "./first-difference.ts";
export * from "./known-claim.ts";
export * from "./next-move.ts";
export * from "./place.ts";
