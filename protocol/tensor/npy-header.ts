import { NpyError } from "./npy-error.ts";

/** The three entries of a .npy header, not yet judged. */
export interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

type Literal = string | boolean | readonly number[];

const KEYS = ["descr", "fortran_order", "shape"] as const;
const MAX_AXES = 32;
/** Every extent below 10^10 is exact, and every larger one is too large. */
const MAX_DIGITS = 10;

/** Reads the one Python literal that a header may be: a dict of strings, booleans and tuples of integers. */
class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dict(): Map<string, Literal> {
    const entries = new Map<string, Literal>();
    this.#expect("{");
    while (!this.#take("}")) {
      const key = this.#string();
      if (entries.has(key)) throw this.#fault(`the key ${key} stands twice`);
      this.#expect(":");
      entries.set(key, this.#value());
      if (!this.#take(",")) {
        this.#expect("}");
        break;
      }
    }
    this.#space();
    if (this.#at !== this.#text.length) throw this.#fault("something follows the dict");
    return entries;
  }

  #value(): Literal {
    this.#space();
    const next = this.#text[this.#at];
    if (next === "'" || next === '"') return this.#string();
    if (next === "(") return this.#tuple();
    if (next === "[") throw new NpyError("it is a structured array", "store one array of plain integers per file");
    if (this.#take("True")) return true;
    if (this.#take("False")) return false;
    throw this.#fault("a string, True, False or a tuple of integers was expected");
  }

  #string(): string {
    this.#space();
    const quote = this.#text[this.#at];
    if (quote !== "'" && quote !== '"') throw this.#fault("a string was expected");
    const end = this.#text.indexOf(quote, this.#at + 1);
    const content = this.#text.slice(this.#at + 1, end);
    if (end < 0 || !/^[\w|<>=]{0,32}$/.test(content)) {
      throw this.#fault("a string does not end or holds odd characters");
    }
    this.#at = end + 1;
    return content;
  }

  #tuple(): number[] {
    const items: number[] = [];
    this.#expect("(");
    while (!this.#take(")")) {
      if (items.length === MAX_AXES) throw this.#fault(`the shape has more than ${MAX_AXES} axes`);
      items.push(this.#integer());
      if (!this.#take(",")) {
        if (items.length === 1) throw this.#fault("a shape is a tuple, not a number in parentheses");
        this.#expect(")");
        break;
      }
    }
    return items;
  }

  #integer(): number {
    this.#space();
    const digits = /^\d*/.exec(this.#text.slice(this.#at, this.#at + MAX_DIGITS + 1))?.[0] ?? "";
    if (digits.length < 1 || digits.length > MAX_DIGITS) {
      throw this.#fault("an extent of a shape is no sensible integer");
    }
    this.#at += digits.length;
    return Number(digits);
  }

  #space(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\n") this.#at++;
  }

  #take(token: string): boolean {
    this.#space();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw this.#fault(`"${token}" was expected`);
  }

  #fault(rule: string): NpyError {
    return new NpyError(`its header is damaged at character ${this.#at}: ${rule}`, "write it again with numpy.save");
  }
}

/** Parses the text of a header. Throws NpyError for everything but a dict of exactly the three known keys. */
export function parseNpyHeader(text: string): NpyHeader {
  const entries = new HeaderReader(text).dict();
  const unknown = [...entries.keys()].find((key) => !KEYS.some((known) => known === key));
  if (unknown !== undefined) throw new NpyError(`its header has an unknown key "${unknown}"`);
  const [descr, fortranOrder, shape] = KEYS.map((key) => entries.get(key));
  if (typeof descr !== "string") throw new NpyError("its header does not name an element type");
  if (typeof fortranOrder !== "boolean") throw new NpyError("its header does not say in which order it is stored");
  if (typeof shape !== "object") throw new NpyError("its header has no shape");
  return { descr, fortranOrder, shape };
}
