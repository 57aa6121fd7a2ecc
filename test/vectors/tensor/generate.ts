import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { makeCnn } from "./make-cnn.ts";
import { makeNumbers } from "./make-numbers.ts";
import { makeOperators } from "./make-operators.ts";

const files = { numbers: makeNumbers(), operators: makeOperators(), cnn: makeCnn() };
for (const [name, vectors] of Object.entries(files)) {
  const text = await format(JSON.stringify(vectors), { parser: "json", printWidth: 120 });
  writeFileSync(new URL(`${name}.json`, import.meta.url), text);
}
