import { OrionError } from "../common/errors.ts";

/** A file that is no usable .npy; the hint says how to write one that is. */
export class NpyError extends OrionError {
  readonly code = "INVALID_NPY";
  readonly retryable = false;

  constructor(rule: string, hint?: string) {
    super(`unusable .npy: ${rule}`, hint === undefined ? {} : { hint });
  }
}
