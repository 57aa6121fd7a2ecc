import { escapeControls } from "./printable.ts";

/** JSON on one line; amounts (bigint) become decimal strings of base units, so that no reader loses digits. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
  return escapeControls(text);
}
