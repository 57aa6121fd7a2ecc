import { OrionError } from "@orion/protocol/common";

/** Sources do not compile; the compiler's own words are in `output`. */
export class CompilationError extends OrionError {
  readonly code = "COMPILATION";
  readonly retryable = false;
  readonly output: string;

  constructor(what: string, output: string) {
    super(`${what} do not compile:\n${output.trim()}`, { hint: "mend the lines named above and run it again" });
    this.output = output;
  }
}
