import { writeFile } from "node:fs/promises";
import path from "node:path";

import { deriveEconomics } from "./economics/derive.ts";
import { economicsPage } from "./economics/page.ts";
import { isMain } from "./support/is-main.ts";
import { root } from "./support/root.ts";

/** The committed page. */
export const ECONOMICS_PAGE = path.join(root, "docs/ECONOMICS.md");

if (isMain(import.meta.url)) {
  const economics = deriveEconomics();
  await writeFile(ECONOMICS_PAGE, economicsPage(economics));
  for (const [name, value] of Object.entries(economics.parameters)) console.log(`${name}: "${value}n",`);
}
