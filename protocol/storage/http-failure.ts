import { ConfigurationError, InvalidInputError, OrionError, UnavailableError } from "@orion/protocol/common";
import type { CID } from "multiformats/cid";
import { BlockNotFoundError } from "./errors.ts";

/**
 * The typed error for an answer that is no success.
 * @param cid what was asked for, if it was one object
 */
export function fromStatus(status: number, message: string, shown: string, cid?: CID): OrionError {
  const said = oneLine(message);
  if (status === 401 || status === 403) {
    return new ConfigurationError(`the IPFS node at ${shown} refused access (HTTP ${status}): ${said}`, {
      hint: "set the token that the node was started with, or allow this origin there",
    });
  }
  // Kubo answers every failure of a command with 500; only its message tells an absent block from a broken node.
  if (
    cid !== undefined &&
    (status === 404 || status === 410 || (status === 500 && /not found|could not find/i.test(said)))
  ) {
    return new BlockNotFoundError(cid, shown);
  }
  if (status === 413) {
    return new InvalidInputError(`the IPFS node at ${shown} refused the upload as too large: ${said}`, {
      hint: "send less, or raise the node's upload limit",
    });
  }
  if (status === 400) return new InvalidInputError(`the IPFS node at ${shown} refused the request: ${said}`);
  return new UnavailableError(`the IPFS node at ${shown} failed (HTTP ${status}): ${said}`, {
    hint: "check its log and its disk space, or set the address of another IPFS node",
  });
}

/** The typed error for a request that got no complete answer. */
export function fromTransport(cause: unknown, shown: string): OrionError {
  if (cause instanceof OrionError) return cause;
  if (cause instanceof SyntaxError) {
    return new UnavailableError(`what answers at ${shown} is no IPFS node: ${oneLine(cause.message)}`, {
      hint: "set the address of a Kubo RPC, such as http://127.0.0.1:5001",
      cause,
    });
  }
  const { code, reason } = rootCause(cause);
  if (!NO_CONNECTION.has(code)) {
    return new UnavailableError(`the IPFS node at ${shown} broke off: ${oneLine(reason)}`, {
      hint: "it may be overloaded, stopping, or missing a part of what was asked for: try again, and look at its log",
      cause,
    });
  }
  return new UnavailableError(`the IPFS node at ${shown} cannot be reached: ${oneLine(reason)}`, {
    hint: "start an IPFS node there, or set the address of another one (Kubo's RPC listens on http://127.0.0.1:5001)",
    cause,
  });
}

/** Codes of a connection that never came about. */
const NO_CONNECTION: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function rootCause(cause: unknown): { code: string; reason: string } {
  let error: unknown = cause;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  if (!(error instanceof Error)) return { code: "", reason: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { code, reason: error.message === "" ? code || error.name : error.message };
}

/** What a remote said, fit for one line of a terminal. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line || "no reason given";
}
