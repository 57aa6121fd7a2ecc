import { readFile } from "node:fs/promises";
import { accuracyOfResult, loadDigits } from "./index.ts";

/** `node examples/digits/check.ts result.npy`: how well a result of the digits job agrees with the committed labels. */
async function main(path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error("name the result: node examples/digits/check.ts result.npy");
  const { labels } = await loadDigits();
  const { accuracy, correct, total } = accuracyOfResult(await readFile(path), labels);
  process.stdout.write(`${correct} of ${total} right: ${(100 * accuracy).toFixed(2)}%\n`);
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`check: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
