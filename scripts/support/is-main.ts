import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** True in the module that was started as the program; pass `import.meta.url`. */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === realpathSync(fileURLToPath(moduleUrl));
}
