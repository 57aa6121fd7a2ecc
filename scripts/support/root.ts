import path from "node:path";

/** The repository's root, wherever the command was started from. */
export const root: string = path.resolve(import.meta.dirname, "../..");
