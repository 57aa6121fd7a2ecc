import { DIGITS_FOLDER, type DigitsFiles, readDigits } from "./files.ts";

export { accuracyOfResult } from "./accuracy.ts";
export type { Evaluation } from "./evaluate.ts";
export type { DigitsFiles } from "./files.ts";

/** The committed program, weights, test images and labels. */
export function loadDigits(): Promise<DigitsFiles> {
  return readDigits(DIGITS_FOLDER);
}
