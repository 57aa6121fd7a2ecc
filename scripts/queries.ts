import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import { apiSchema } from "./queries/api-schema.ts";
import { typedOperations } from "./queries/typed-operations.ts";
import { isMain } from "./support/is-main.ts";
import { root } from "./support/root.ts";

const SCHEMA = path.join(root, "subgraph/schema.graphql");
/** The operations, one file an area; what is made of them is committed, so that the command line runs before anything is built. */
export const OPERATIONS = path.join(root, "protocol/query/operations");

/** What the generated files must hold, by their names. */
export async function generateQueries(): Promise<Map<string, string>> {
  const schema = apiSchema(await readFile(SCHEMA, "utf8"));
  const areas = new Map<string, string>();
  for (const file of (await readdir(OPERATIONS)).filter((name) => name.endsWith(".graphql")).sort()) {
    areas.set(path.basename(file, ".graphql"), await readFile(path.join(OPERATIONS, file), "utf8"));
  }
  const made = new Map<string, string>();
  for (const [area, code] of await typedOperations(schema, areas)) {
    const file = `${area}.ts`;
    const options = await resolveConfig(path.join(OPERATIONS, file));
    made.set(file, await format(code, { ...options, parser: "typescript" }));
  }
  return made;
}

if (isMain(import.meta.url)) {
  for (const [name, code] of await generateQueries()) {
    const file = path.join(OPERATIONS, name);
    await writeFile(file, code);
    console.log(`wrote ${path.relative(process.cwd(), file)}`);
  }
}
