export * from "./clock.ts";
export * from "./credit.ts";
export * from "./errors.ts";
export * from "./hex.ts";
export * from "./log.ts";
export * from "./service.ts";
export * from "./time-limit.ts";
export * from "./unless-late.ts";
