import { OrionError } from "../common/errors.ts";

/** The compute device returned a value that it cannot have computed, or none; another attempt may succeed. */
export class DeviceFaultError extends OrionError {
  readonly code = "DEVICE_FAULT";
  readonly retryable = true;
}
