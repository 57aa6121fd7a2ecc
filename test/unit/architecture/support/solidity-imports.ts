import { readFileSync } from "node:fs";
import path from "node:path";

import { ownFiles, root } from "./files.ts";
import type { Import } from "./graph.ts";

const IMPORT = /^\s*import\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm;

/** What a Solidity source imports, as written; comments are passed over. */
export function specifiersOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, specifier]) => specifier ?? "");
}

/** Every import of every contract of the repository. */
export function solidityImports(): Import[] {
  return ownFiles("contracts/**/*.sol").flatMap((from) =>
    specifiersOf(readFileSync(path.join(root, from), "utf8")).map((specifier) => ({
      from,
      specifier,
      to: specifier.startsWith(".") ? path.posix.join(path.posix.dirname(from), specifier) : undefined,
    })),
  );
}
