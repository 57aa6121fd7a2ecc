import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../subgraph", import.meta.url));

/** The text of a file of the subgraph. */
export function ownText(file: string): string {
  return readFileSync(path.join(FOLDER, file), "utf8");
}

/** The mapping files, from the subgraph's folder. */
export function mappingFiles(): string[] {
  return readdirSync(path.join(FOLDER, "mappings"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join("mappings", file));
}
