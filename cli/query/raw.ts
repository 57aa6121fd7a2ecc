import { Argument, InvalidArgumentError, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";

import { command } from "../core/command.ts";
import { readInput } from "../core/read-file.ts";
import { untilFresh } from "./answer.ts";
import { openIndex } from "./open-index.ts";
import { queryOptions, type QueryFlags } from "./options.ts";

interface Flags extends QueryFlags {
  readonly file?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

const MOST_BYTES = 1 << 20;

export const queryRaw = command<Flags>({
  name: "raw",
  summary: "ask any question in GraphQL and print the answer as JSON",
  details: `The question is the argument, a file, or what is piped in. docs/QUERIES.md shows many. At most 1,000 entities come at a time: ask for the next
ones with \`where: { id_gt: … }\`.`,
  args: [new Argument("[graphql]", "the question (default: --file, else what is piped in)")],
  options: [
    new Option("--file <file>", "file that holds the question"),
    new Option("--variables <json>", "values of its variables, as a JSON object").argParser(parseVariables),
    // Blocks belong into the question itself.
    ...queryOptions.filter(({ long }) => long !== "--block"),
  ],
  examples: [
    "orion query raw '{_meta{block{number}}}'",
    `orion query raw --file question.graphql --variables '{"first":10}'`,
    "orion query raw < question.graphql",
  ],
  async run(invocation) {
    const { args, flags, terminal } = invocation;
    const question = await questionOf(args[0] as string | undefined, flags.file);
    const index = await openIndex(invocation);
    if (flags.fresh === true) await untilFresh(index);
    const data = await index.client.askRaw(question, flags.variables);
    terminal.result(data as object, [JSON.stringify(data, null, 2)]);
  },
});

async function questionOf(text: string | undefined, file: string | undefined): Promise<string> {
  if (text !== undefined && file !== undefined) {
    throw new InvalidInputError("the question stands in an argument and in --file", { hint: "give one of them" });
  }
  if (text !== undefined) return text;
  if (file !== undefined) return new TextDecoder().decode(await readInput(file, "question", MOST_BYTES));
  if (process.stdin.isTTY) {
    throw new InvalidInputError("there is no question", { hint: "give one as argument, by --file, or pipe it in" });
  }
  return readAll();
}

async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  if (text.trim() !== "") return text;
  throw new InvalidInputError("the question is empty", { hint: "give one as argument, by --file, or pipe it in" });
}

function parseVariables(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, as for any other text that is no object.
  }
  throw new InvalidArgumentError('Give a JSON object such as {"first": 10}.');
}
