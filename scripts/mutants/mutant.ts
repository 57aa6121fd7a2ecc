/** One fault put into the code, and the tests that must notice it. */
export interface Mutant {
  /** What is wrong with it, in a few words; unique. */
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
  /** Test files that are run. */
  readonly tests: readonly string[];
  /** Only their tests whose full title matches. */
  readonly grep?: string;
}

/** The file's text with the fault in it. @throws Error where the snippet does not occur exactly once: the mutant must follow the code */
export function mutated({ name, file, from, to }: Mutant, text: string): string {
  const count = text.split(from).length - 1;
  if (count === 1 && from !== to) return text.replace(from, () => to);
  throw new Error(`the mutant "${name}" no longer fits ${file}: its snippet occurs ${String(count)} times there`);
}
