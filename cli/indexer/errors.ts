import { OrionError } from "@orion/protocol/common";

/** A part of the local index did not do its work; its own last words are in the message. */
export class IndexError extends OrionError {
  readonly code = "INDEX";
  readonly retryable = false;
}

const HOSTED =
  "index on a graph-node elsewhere (docs/OPERATIONS.md, Index) and name its address with --index, ORION_INDEX_URL or indexUrl in the network file";

/** The programs of the index are not built for this machine, or were not installed. */
export class NoBinaryError extends OrionError {
  readonly code = "NO_BINARY";
  readonly retryable = false;

  constructor(what: string, isBuilt: boolean) {
    const here = `${process.platform} on ${process.arch}`;
    super(isBuilt ? `${what} is not installed` : `${what} has no build for ${here}`, {
      hint: isBuilt ? `install the optional packages too: \`npm ci\`; or ${HOSTED}` : HOSTED,
    });
  }
}
