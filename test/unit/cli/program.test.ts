import { expect } from "chai";
import type { Command } from "commander";

import { orionProgram } from "../../../cli/program.ts";

/** Leaf commands with the words that call them. */
function leaves(command: Command, words: readonly string[] = []): { words: readonly string[]; command: Command }[] {
  const children = command.commands.filter((child) => child.name() !== "help");
  if (children.length === 0) return [{ words, command }];
  return children.flatMap((child) => leaves(child, [...words, child.name()]));
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

const examplesOf = (command: Command): string[] =>
  [...helpOf(command).matchAll(/^ {2}\$ (.*)$/gm)].map(([, line]) => line ?? "");

/** The words after `orion` as a shell would pass them. */
function argumentsOf(example: string): string[] {
  const words = [...example.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const end = words.indexOf("<");
  return words.slice(words.indexOf("orion") + 1, end < 0 ? undefined : end);
}

describe("the command line", () => {
  const silent = async (): Promise<void> => Promise.resolve();
  const all = leaves(orionProgram(silent));

  it("has the commands that the documentation names", () => {
    expect(all.map(({ words }) => words.join(" "))).to.include.members([
      "devnet",
      ...["register", "stake", "authorise", "withdraw", "status"].map((name) => `provider ${name}`),
      "worker start",
      "keeper start",
      "validator start",
      ...["start", "prepare"].map((name) => `index ${name}`),
      ...["market", "job", "provider", "pool", "disputes", "earnings", "raw"].map((name) => `query ${name}`),
      ...["list", "show", "prove", "watch"].map((name) => `dispute ${name}`),
      ...["post", "status", "watch", "result", "cancel", "accept", "tip", "demand"].map((name) => `job ${name}`),
      ...["mint", "redeem", "roll", "deliver", "balance", "positions", "price"].map((name) => `credits ${name}`),
      ...["delegate", "propose", "list", "show", "vote", "queue", "execute", "parameters"].map((name) => `gov ${name}`),
      ...["power", "cancel", "guard status", "guard pause", "guard cancel"].map((name) => `gov ${name}`),
      ...["pools", "price", "quote", "swap", "add", "remove", "position"].map((name) => `dex ${name}`),
      ...["deposit", "withdraw", "harvest", "exit", "status"].map((name) => `dex farm ${name}`),
      ...["new", "import", "address", "list"].map((name) => `keys ${name}`),
      ...["import", "inspect", "run", "compare"].map((name) => `model ${name}`),
    ]);
  });

  for (const { words, command } of all) {
    const name = words.join(" ");

    it(`${name}: takes --json and never a key`, () => {
      const flags = command.options.map(({ long }) => long);
      expect(flags).to.include("--json");
      expect(flags.filter((flag) => /private|secret|mnemonic|^--key$|^--password$/.test(flag ?? ""))).to.deep.equal([]);
    });

    it(`${name}: shows examples that it can read`, async () => {
      const examples = examplesOf(command);
      expect(examples).not.to.deep.equal([]);
      for (const example of examples) {
        let called: unknown;
        const program = orionProgram(async (spec) => {
          called = spec;
          return Promise.resolve();
        });
        await program.parseAsync(argumentsOf(example), { from: "user" });
        expect(called, example).to.have.property("name", words.at(-1));
      }
    });
  }
});
