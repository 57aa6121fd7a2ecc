import type { Deadline } from "./deadline.ts";
import { ContentTooLargeError } from "./errors.ts";

/** An error answer is read no further than this. */
const MAX_ERROR_BYTES = 4096;

/** What an error answer says, in Kubo's JSON or as plain text. */
export async function errorText(response: Response, deadline: Deadline): Promise<string> {
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

/**
 * The body of an answer; no more than `maxBytes` of it are read, whatever the other side sends.
 * @param what names it in the error
 * @throws ContentTooLargeError
 */
export async function readBounded(
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
      deadline.received(next.value.byteLength);
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
