import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The seeds of one kind of attack that were played, one line each in a file. */
export class Records {
  readonly #file: string;
  readonly #kind: string;
  readonly #seeds: Set<number>;

  constructor(file: string, kind: string) {
    this.#file = file;
    this.#kind = kind;
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    const entries = lines.map((line) => JSON.parse(line) as { kind: string; seed: number });
    this.#seeds = new Set(entries.filter((entry) => entry.kind === kind).map(({ seed }) => seed));
  }

  has(seed: number): boolean {
    return this.#seeds.has(seed);
  }

  add(seed: number, outcome: Readonly<Record<string, unknown>>): void {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, `${JSON.stringify({ kind: this.#kind, seed, ...outcome })}\n`);
    this.#seeds.add(seed);
  }
}
