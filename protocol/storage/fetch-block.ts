import type { CID } from "multiformats/cid";
import { verifyBlock } from "./block-hash.ts";
import { createDeadline } from "./deadline.ts";
import { errorText, readBounded } from "./http-body.ts";
import { fromStatus, fromTransport } from "./http-failure.ts";

export interface BlockRequest {
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  /** The node in messages. */
  shown: string;
  timeoutMs: number;
}

/**
 * Fetches one block and re-hashes it. Reads no more than `maxBytes`, whatever the other side sends: the client
 * library would take an answer of any size into memory.
 * @throws BlockNotFoundError, ContentTooLargeError, DamagedBlockError, UnavailableError, ConfigurationError
 */
export async function fetchBlock(
  cid: CID,
  request: BlockRequest,
  options: { maxBytes: number; signal?: AbortSignal },
): Promise<Uint8Array> {
  const deadline = createDeadline(request.timeoutMs, `the IPFS node at ${request.shown}`, options.signal);
  try {
    const { url, method, headers } = request;
    const response = await fetch(url, { method, headers, signal: deadline.signal });
    if (!response.ok) throw fromStatus(response.status, await errorText(response, deadline), request.shown, cid);
    const bytes = await readBounded(response, options.maxBytes, `the block ${cid.toString()}`, deadline);
    await verifyBlock(cid, bytes, `the IPFS node at ${request.shown}`);
    return bytes;
  } catch (cause) {
    throw deadline.explain(cause) ?? fromTransport(cause, request.shown);
  } finally {
    deadline.clear();
  }
}
