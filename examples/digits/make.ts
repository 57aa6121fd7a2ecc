import { parseArgs } from "node:util";
import { buildDigits } from "./build.ts";
import { QUICK, type Recipe, STANDARD } from "./recipe.ts";
import { createProgress } from "./progress.ts";
import { DIGITS_FOLDER, writeDigits } from "./files.ts";

const HELP = `Draws the digits, trains the network, quantises it and writes program, weights and test set.

  node examples/digits/make.ts                      the committed files again (about 2 minutes)
  node examples/digits/make.ts --quick --out /tmp/d a small version in seconds

  --seed N   seed of everything (default ${STANDARD.seed})
  --quick    few images, little training; needs --out
  --out DIR  where to write (default: this example's own folder)
`;

class UsageError extends Error {}

interface Command {
  readonly recipe: Recipe;
  readonly folder: string;
}

/** The command of these arguments, or undefined if they ask for help. */
function readCommand(args: string[]): Command | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: {
        seed: { type: "string" },
        quick: { type: "boolean", default: false },
        out: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return undefined;
  const preset = values.quick ? QUICK : STANDARD;
  const seed = values.seed === undefined ? preset.seed : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new UsageError(`--seed must be an integer from 0 to ${2 ** 32 - 1}`);
  }
  if (values.quick && values.out === undefined) {
    throw new UsageError("--quick needs --out DIR: it learns too little to keep");
  }
  return { recipe: { ...preset, seed }, folder: values.out ?? DIGITS_FOLDER };
}

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2));
  if (command === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const progress = createProgress(process.stderr);
  const digits = buildDigits(command.recipe, progress);
  await writeDigits(digits, command.folder);
  progress.line(`wrote ${command.folder}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`make: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
