import { ProgramError } from "@orion/protocol/tensor";

import { measuredProgram, type Build } from "./claims.ts";

function isValid(build: Build): boolean {
  try {
    measuredProgram(build);
    return true;
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
}

/** The largest size up to `max` at which the validator accepts the program; validity falls once as sizes grow. */
export function largestValid(build: (size: number) => Build, max: number): number {
  let [valid, refused] = [1, max + 1];
  while (refused - valid > 1) {
    const size = Math.floor((valid + refused) / 2);
    if (isValid(build(size))) valid = size;
    else refused = size;
  }
  return valid;
}
