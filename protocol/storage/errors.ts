import { IntegrityError, InvalidInputError, UnavailableError } from "@orion/protocol/common";
import type { CID } from "multiformats/cid";

/** The content is larger than the caller allows; nothing above the limit was kept. */
export class ContentTooLargeError extends InvalidInputError {
  readonly limitBytes: number;

  constructor(what: string, limitBytes: number) {
    super(`${what} is larger than the ${limitBytes} bytes allowed here`, {
      hint: "refuse it, or allow more if its source is trusted",
    });
    this.limitBytes = limitBytes;
  }
}

/**
 * Bytes that do not hash to the address under which they were asked for. That says something about who sent them, nothing about the content: another
 * answer may be right.
 */
export class DamagedBlockError extends IntegrityError {
  override readonly retryable = true;

  /** @param from who sent them */
  constructor(cid: CID, bytes: number, from: string) {
    super(`${from} gave wrong bytes for ${cid.toString()} (${String(bytes)} bytes that do not hash to it)`, {
      hint: "nothing of it was used; fetch it through another IPFS node, or store it there again",
    });
  }
}

/** The node answers but does not hold the block (yet). */
export class BlockNotFoundError extends UnavailableError {
  readonly cid: string;

  constructor(cid: CID, node: string) {
    super(`the IPFS node at ${node} does not have ${cid.toString()}`, {
      hint: "its publisher may be offline or may not have stored it yet: try again later, or through another IPFS node",
    });
    this.cid = cid.toString();
  }
}
