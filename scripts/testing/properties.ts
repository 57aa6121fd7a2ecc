import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

import { root } from "../support/root.ts";

export type Verdict = "proved" | "unproved" | "violated";

/** An assertion in a contract of test/formal, under the comment that says what it means. */
export interface Property {
  readonly text: string;
  /** Of the assertion, from 1. */
  readonly line: number;
  /** Offset in the source at which the assertion's line ends. */
  readonly end: number;
}

/** The compiler's messages about an assertion: proved safe, or a violation that happens or might happen. */
const [SAFE, UNSAFE] = ["9576", "6328"];

interface Message {
  readonly errorCode?: string;
  readonly message: string;
  readonly severity: string;
  readonly formattedMessage?: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number };
}

/** Every `assert` of a source, which must have a `// PROPERTY: …` above it. */
export function propertiesOf(source: string): Property[] {
  const properties: Property[] = [];
  const lines = source.split("\n");
  let end = 0;
  for (const [index, line] of lines.entries()) {
    end += Buffer.byteLength(line) + 1;
    if (!line.trim().startsWith("assert(")) continue;
    const text = /^\s*\/\/ PROPERTY: (.+)$/.exec(lines[index - 1] ?? "")?.[1];
    if (text === undefined) throw new Error(`line ${index + 1} asserts something without a "// PROPERTY:" above it`);
    properties.push({ text, line: index + 1, end });
  }
  return properties;
}

/** What the messages say of each property; one that no message speaks of is not proved. */
export function verdictsOf(
  file: string,
  properties: readonly Property[],
  messages: readonly Message[],
): { property: Property; verdict: Verdict }[] {
  return properties.map((property, index) => {
    const from = properties[index - 1]?.end ?? 0;
    const about = messages.filter(({ sourceLocation, errorCode }) => {
      if (errorCode !== SAFE && errorCode !== UNSAFE) return false;
      return sourceLocation?.file === file && sourceLocation.start >= from && sourceLocation.start < property.end;
    });
    if (about.length > 0 && about.every(({ errorCode }) => errorCode === SAFE)) return { property, verdict: "proved" };
    const violated = about.some(({ message }) => message.includes("violation happens here"));
    return { property, verdict: violated ? "violated" : "unproved" };
  });
}

/**
 * Puts one contract, named after its file, before the compiler's model checker (CHC, with the z3 that the compiler
 * brings along; its own time limit needs threads, which that build does not have).
 */
export async function prove(file: string): Promise<{ property: Property; verdict: Verdict }[]> {
  const require = createRequire(import.meta.url);
  const solc = require("solc") as {
    compile: (
      input: string,
      callbacks: { import: (name: string) => { contents: string } | { error: string } },
    ) => string;
  };
  const source = await readFile(path.join(root, file), "utf8");
  const input = {
    language: "Solidity",
    sources: { [file]: { content: source } },
    settings: {
      modelChecker: {
        engine: "chc",
        solvers: ["z3"],
        targets: ["assert"],
        contracts: { [file]: [path.basename(file, ".sol")] },
        showProvedSafe: true,
        showUnproved: true,
      },
      outputSelection: { "*": { "*": [] } },
    },
  };
  const contents = (name: string): { contents: string } | { error: string } => {
    try {
      return { contents: readFileSync(path.join(root, name), "utf8") };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const { errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: contents })) as {
    errors?: Message[];
  };
  const broken = errors.find(({ severity }) => severity === "error");
  if (broken !== undefined) throw new Error(broken.formattedMessage ?? broken.message);
  return verdictsOf(file, propertiesOf(source), errors);
}
