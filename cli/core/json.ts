/** JSON on one line; amounts (bigint) become decimal strings of base units, so that no reader loses digits. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
}
