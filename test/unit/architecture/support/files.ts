import { globSync } from "node:fs";
import path from "node:path";

export const root: string = path.resolve(import.meta.dirname, "../../../..");

/** Folders that no hand wrote: installed, built, or left behind by a run. */
const NOT_OURS = new Set([
  "node_modules",
  ".git",
  ".orion",
  "artifacts",
  "assembly",
  "cache",
  "coverage",
  "dist",
  "deployments",
  "generated",
  "mappings",
  "snapshots",
]);

/** The repository's own files that match a pattern, as paths from the root with forward slashes, sorted. */
export function ownFiles(pattern: string): string[] {
  return globSync(pattern, {
    cwd: root,
    exclude: (entry) => NOT_OURS.has(entry.name),
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}
