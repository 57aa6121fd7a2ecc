import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { format, resolveConfig } from "prettier";

import { apiSchema } from "./queries/api-schema.ts";
import { typedOperations } from "./queries/typed-operations.ts";
import { isMain } from "./support/is-main.ts";
import { root } from "./support/root.ts";

const SCHEMA = path.join(root, "subgraph/schema.graphql");
const OPERATIONS = path.join(root, "protocol/query/operations.graphql");
/** Committed, so that the command line runs before anything is built. */
export const GENERATED = path.join(root, "protocol/query/operations.ts");

/** What the generated file must hold. */
export async function generateQueries(): Promise<string> {
  const [schema, operations] = await Promise.all([SCHEMA, OPERATIONS].map((file) => readFile(file, "utf8")));
  const code = await typedOperations(apiSchema(schema ?? ""), operations ?? "");
  return format(code, { ...(await resolveConfig(GENERATED)), parser: "typescript" });
}

if (isMain(import.meta.url)) {
  await writeFile(GENERATED, await generateQueries());
  console.log(`wrote ${path.relative(process.cwd(), GENERATED)}`);
}
