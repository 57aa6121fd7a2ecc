/**
 * The errors that cross package borders. Loops branch on the class, never on message text:
 * a retryable error may go away by itself (a node is down, a transaction was outrun), a fatal one will not.
 */
export abstract class OrionError extends Error {
  /** Stable machine-readable name, printed by `--json`. */
  abstract readonly code: string;
  /** True when the same call may succeed later without anybody changing anything. */
  abstract readonly retryable: boolean;
  /** What the reader can do about it; printed under the message. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** Input from a user or a peer that can never be used: malformed file, hostile program, wrong key file. */
export class InvalidInputError extends OrionError {
  readonly code = "INVALID_INPUT";
  readonly retryable = false;
}

/** The configuration names something that does not exist or contradicts itself (wrong chain id, missing address). */
export class ConfigurationError extends OrionError {
  readonly code = "CONFIGURATION";
  readonly retryable = false;
}

/** A remote service (RPC, IPFS) cannot be reached or answered garbage. */
export class UnavailableError extends OrionError {
  readonly code = "UNAVAILABLE";
  readonly retryable = true;
}

/** Bytes that do not hash to what they were asked for. */
export class IntegrityError extends OrionError {
  readonly code = "INTEGRITY";
  readonly retryable: boolean = false;
}

/** A contract refused a call; `revert` is the decoded custom error with its values. */
export class RevertError extends OrionError {
  readonly code = "REVERT";
  readonly retryable = false;
  readonly revert: string;
  readonly values: readonly unknown[];

  /** @param options.said the whole message, where the name of the error is not the clearest one */
  constructor(
    revert: string,
    values: readonly unknown[],
    options: { hint?: string; cause?: unknown; said?: string } = {},
  ) {
    super(options.said ?? `the contract refused the call: ${revert}(${values.map(String).join(", ")})`, options);
    this.revert = revert;
    this.values = values;
  }
}

/** The process was asked to stop (Ctrl-C, SIGTERM) while the work was under way; nothing is lost. */
export class AbortedError extends OrionError {
  readonly code = "ABORTED";
  readonly retryable = true;
}

/** Asked to stop after a transaction was sent and before anybody saw it mined: it may have happened, and may still happen. */
export class SentAbortedError extends AbortedError {
  /** The newest one signed under the nonce. */
  readonly hash: string;
  /** All that were signed under the nonce, one of which at most can be mined. */
  readonly hashes: readonly string[];
  readonly nonce: number;

  constructor(
    message: string,
    transaction: { hashes: readonly string[]; nonce: number },
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
    this.hashes = transaction.hashes;
    this.hash = transaction.hashes.at(-1) ?? "";
    this.nonce = transaction.nonce;
  }
}

/**
 * An earlier run of the same account sent a transaction of the same kind, which was mined, and ended before it could say so. Nothing was sent this time: whoever only
 * repeats the command would pay twice.
 */
export class AlreadySentError extends OrionError {
  readonly code = "ALREADY_SENT";
  readonly retryable = false;
  /** The one that was mined. */
  readonly hash: string;
  readonly hashes: readonly string[];
  readonly nonce: number;

  constructor(
    message: string,
    transaction: { hash: string; nonce: number },
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
    this.hash = transaction.hash;
    this.hashes = [transaction.hash];
    this.nonce = transaction.nonce;
  }
}

/**
 * A transaction was signed and sent, and nothing tells whether it was mined: it may have happened, and may still happen. Who repeats the call
 * blindly may pay twice.
 */
export class TransactionUnknownError extends OrionError {
  readonly code = "TRANSACTION_UNKNOWN";
  readonly retryable = true;
  /** The newest one signed under the nonce. */
  readonly hash: string;
  /** All that were signed under the nonce, one of which at most can be mined. */
  readonly hashes: readonly string[];
  readonly nonce: number;

  constructor(
    message: string,
    transaction: { hashes: readonly string[]; nonce: number },
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
    this.hashes = transaction.hashes;
    this.hash = transaction.hashes.at(-1) ?? "";
    this.nonce = transaction.nonce;
  }
}
