import { InvalidInputError } from "../../common/errors.ts";

const WORD = 32;

/**
 * A value of the few ABI types that proofs consist of: a number of at most 256 bits, a word of 32 bytes, a byte string of whole words,
 * an array of words, a dynamic tuple, or an array of dynamic tuples.
 */
export type AbiValue =
  | number
  | bigint
  | Uint8Array
  | { readonly bytes: Uint8Array }
  | { readonly words: readonly Uint8Array[] }
  | { readonly tuple: readonly AbiValue[] }
  | { readonly array: readonly AbiValue[] };

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function numberWord(value: number | bigint): Uint8Array {
  const safe = typeof value === "bigint" || Number.isSafeInteger(value);
  if (!safe || value < 0 || value >= 2n ** 256n) throw new InvalidInputError(`${value} has no encoding as a word`);
  const word = new Uint8Array(WORD);
  const view = new DataView(word.buffer);
  for (let at = WORD - 8, rest = BigInt(value); rest > 0n; at -= 8, rest >>= 64n) {
    view.setBigUint64(at, rest & (2n ** 64n - 1n));
  }
  return word;
}

function wholeWords(bytes: Uint8Array): Uint8Array {
  if (bytes.length % WORD !== 0) throw new InvalidInputError(`${bytes.length} bytes are not whole words of 32 bytes`);
  return bytes;
}

function fullWord(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== WORD) throw new InvalidInputError(`a word has 32 bytes, not ${bytes.length}`);
  return bytes;
}

/** Heads in order, a dynamic value's head being its offset, then the dynamic values. */
function encodeFields(fields: readonly AbiValue[]): Uint8Array {
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = fields.length * WORD;
  for (const field of fields) {
    if (typeof field === "number" || typeof field === "bigint" || field instanceof Uint8Array) {
      heads.push(field instanceof Uint8Array ? fullWord(field) : numberWord(field));
      continue;
    }
    const tail = encodeDynamic(field);
    heads.push(numberWord(offset));
    tails.push(tail);
    offset += tail.length;
  }
  return concat([...heads, ...tails]);
}

function encodeDynamic(value: Exclude<AbiValue, number | bigint | Uint8Array>): Uint8Array {
  if ("bytes" in value) return concat([numberWord(value.bytes.length), wholeWords(value.bytes)]);
  if ("words" in value) return concat([numberWord(value.words.length), ...value.words.map(fullWord)]);
  if ("tuple" in value) return encodeFields(value.tuple);
  return concat([numberWord(value.array.length), encodeFields(value.array)]);
}

/** ABI encoding of one dynamic tuple. Throws InvalidInputError for what is no whole word. */
export function encodeTuple(fields: readonly AbiValue[]): Uint8Array {
  return concat([numberWord(WORD), encodeFields(fields)]);
}
