import type { CID } from "multiformats/cid";
import { verifyBlock } from "./block-hash.ts";
import { createDeadline } from "./deadline.ts";
import type { Deadline } from "./deadline.ts";
import { ContentTooLargeError } from "./errors.ts";
import { fromStatus, fromTransport } from "./http-failure.ts";

export interface BlockRequest {
  url: string;
  method: "GET" | "POST";
  headers: Record<string, string>;
  /** The node in messages. */
  shown: string;
  timeoutMs: number;
}

/** An error answer is read no further than this. */
const MAX_ERROR_BYTES = 4096;

/**
 * Fetches one block and re-hashes it. Reads no more than `maxBytes`, whatever the other side sends: the client
 * library would take an answer of any size into memory.
 * @throws BlockNotFoundError, ContentTooLargeError, IntegrityError, UnavailableError, ConfigurationError
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

async function errorText(response: Response, deadline: Deadline): Promise<string> {
  const bytes = await readBounded(response, MAX_ERROR_BYTES, "the error message", deadline).catch(
    () => new Uint8Array(),
  );
  const text = new TextDecoder().decode(bytes);
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "Message" in parsed) return String(parsed.Message);
  } catch {
    return text; // a proxy in between answers plain text
  }
  return text;
}

async function readBounded(
  response: Response,
  maxBytes: number,
  what: string,
  deadline: Deadline,
): Promise<Uint8Array> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (reader === undefined) return new Uint8Array();
  const declared = Number(response.headers.get("content-length") ?? "0");
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    if (declared > maxBytes) throw new ContentTooLargeError(what, maxBytes);
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      deadline.touch();
      total += next.value.byteLength;
      if (total > maxBytes) throw new ContentTooLargeError(what, maxBytes);
      chunks.push(next.value);
    }
  } catch (error) {
    reader.cancel().catch(() => {}); // the connection is given up; how it closes changes nothing
    throw error;
  }
  return join(chunks, total);
}

/** One array out of its pieces. */
export function join(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const joined = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}
