export * from "./client.ts";
export * from "./errors.ts";
export * from "./operations.ts";
export * from "./pages.ts";
export * from "./typed-query.ts";
