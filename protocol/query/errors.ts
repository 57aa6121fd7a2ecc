import { OrionError } from "../common/errors.ts";

/** The index refuses a question: a field that does not exist, a page that is too large. Its own words are in the message. */
export class QueryError extends OrionError {
  readonly code = "QUERY";
  readonly retryable = false;
}

/** The index met an event that it could not take in and stands still; what it knows ends there. */
export class IndexFailedError extends OrionError {
  readonly code = "INDEX_FAILED";
  readonly retryable = false;
}

/** The index has not come to a block within the time. */
export class IndexBehindError extends OrionError {
  readonly code = "INDEX_BEHIND";
  readonly retryable = true;
  /** Last block that it has taken in. */
  readonly block: number;

  constructor(block: number, wanted: number) {
    super(`the index has come to block ${block}, asked for was block ${wanted}`, {
      hint: "wait, or ask whether its graph-node still follows the chain",
    });
    this.block = block;
  }
}
