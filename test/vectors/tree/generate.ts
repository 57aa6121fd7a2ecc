import { writeFileSync } from "node:fs";
import { makeVectors } from "./make-vectors.ts";

writeFileSync(new URL("tree.json", import.meta.url), `${JSON.stringify(makeVectors(), null, 2)}\n`);
