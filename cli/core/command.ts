import { Command, Option, type Argument } from "commander";

import type { Interrupts } from "./interrupts.ts";
import type { Secrets } from "./secrets.ts";
import type { Terminal } from "./terminal.ts";

/** What every command can be told. */
export interface CommonFlags {
  readonly json?: true;
}

/** What a running command is given of the process around it. */
export interface Invocation<Flags> {
  /** In the order of the command's arguments; a list for a variadic one. */
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly flags: Flags & CommonFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  readonly secrets: Secrets;
  readonly interrupts: Interrupts;
}

export interface CommandSpec<Flags> {
  readonly name: string;
  readonly summary: string;
  /** Further lines of the help text. */
  readonly details?: string;
  readonly args?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  run(invocation: Invocation<Flags>): Promise<void>;
}

/** Runs a parsed command; the process's entry supplies it. */
export type Runner = (spec: CommandSpec<object>, args: Invocation<object>["args"], flags: object) => Promise<void>;

/** A command whose flags only its own module knows. */
export type AnyCommand = (runner: Runner) => Command;

/** Makes the commander command of a spec: usage, options, examples, `--json`. */
export function command<Flags extends object>(spec: CommandSpec<Flags>): AnyCommand {
  return (runner) => {
    const made = new Command(spec.name).summary(spec.summary).description(helpText(spec.summary, spec.details));
    for (const argument of spec.args ?? []) made.addArgument(argument);
    for (const option of spec.options ?? []) made.addOption(option);
    made.addOption(new Option("--json", "print JSON: one object, or one object a line"));
    made.addHelpText("after", examplesText(spec.examples));
    // Commander passes the arguments, then the options, then the command.
    made.action(async (...passed: unknown[]) => {
      const args = passed.slice(0, -2) as Invocation<Flags>["args"];
      await runner(spec, args, passed.at(-2) as object);
    });
    return made;
  };
}

export interface GroupSpec {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly AnyCommand[];
}

export function group(spec: GroupSpec, runner: Runner): Command {
  const made = new Command(spec.name).summary(spec.summary).description(spec.summary);
  for (const make of spec.commands) made.addCommand(make(runner));
  return made;
}

/** Commander wraps paragraphs by itself. */
function helpText(summary: string, details?: string): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return details === undefined ? sentence : `${sentence}\n\n${details.replace(/\s*\n\s*/g, " ")}`;
}

function examplesText(examples: readonly string[]): string {
  return `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}`;
}
