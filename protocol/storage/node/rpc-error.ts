/** A failure with the shape that Kubo clients expect: `{ Message, Code, Type: "error" }`. */
export class RpcError extends Error {
  readonly status: number;
  /** Kubo's kind of error: 0 normal, 1 the client's fault, 4 forbidden. */
  readonly kuboCode: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "RpcError";
    this.status = status;
    this.kuboCode = status === 401 || status === 403 ? 4 : status >= 500 ? 0 : 1;
  }
}

/** The request itself is wrong. */
export function badRequest(message: string): RpcError {
  return new RpcError(400, message);
}

/** A body or block above a limit. */
export function tooLarge(what: string, limitBytes: number): RpcError {
  return new RpcError(413, `${what} is larger than the ${limitBytes} bytes that this node accepts`);
}

/** Thrown by the block store for a block that it does not hold. The text is Kubo's, which clients look at. */
export class NotStoredError extends RpcError {
  constructor(cid: string) {
    super(500, `block was not found locally (offline): ipld: could not find ${cid}`);
    this.name = "NotStoredError";
  }
}
