import { randomUUID } from "node:crypto";
import type { CarBlock } from "./car.ts";
import { carHeader, carSectionHead } from "./car.ts";
import { createDeadline } from "./deadline.ts";
import { errorText, join, readBounded } from "./http-body.ts";
import { fromStatus, fromTransport } from "./http-failure.ts";
import type { Rpc } from "./rpc.ts";

/** A line of the answer: a CID, an error message and their JSON. */
const MAX_LINE_BYTES = 1024;
/** Blocks below this are joined into chunks of about this size. */
const COPIED_BYTES = 32 * 1024;

const text = new TextEncoder();

/**
 * Sends blocks in one dag/import request, every one a root, so that the node pins each and reports on each. Not done by
 * the client library, whose multipart encoder costs several times what the bytes do.
 * @returns the CIDs, as text, that the node reports as stored and pinned
 */
export async function importBlocks(
  rpc: Rpc,
  blocks: readonly CarBlock[],
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const { base, headers, shown } = rpc.endpoint;
  const deadline = createDeadline(rpc.timeoutMs, `the IPFS node at ${shown}`, signal);
  try {
    const boundary = `orion-${randomUUID()}`;
    const response = await fetch(`${base}/dag/import?pin-roots=true`, {
      method: "POST",
      headers: { ...headers, "content-type": `multipart/form-data; boundary=${boundary}` },
      body: ReadableStream.from(formOf(blocks, boundary, deadline.touch)),
      duplex: "half",
      signal: deadline.signal,
    });
    if (!response.ok) throw fromStatus(response.status, await errorText(response, deadline), shown);
    const limit = MAX_LINE_BYTES * (blocks.length + 1);
    return pinnedRoots(await readBounded(response, limit, "the answer to an import", deadline));
  } catch (cause) {
    throw deadline.explain(cause) ?? fromTransport(cause, shown);
  } finally {
    deadline.clear();
  }
}

/**
 * The CAR as the only file of a multipart form, in few chunks: each has its price. Blocks are not copied.
 * @param touch called as a chunk is taken
 */
function* formOf(
  blocks: readonly CarBlock[],
  boundary: string,
  touch: () => void,
): Generator<Uint8Array, void, undefined> {
  let heads: Uint8Array[] = [
    text.encode(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="blocks.car"\r\n` +
        "Content-Type: application/octet-stream\r\n\r\n",
    ),
    carHeader(blocks.map(({ cid }) => cid)),
  ];
  let size = sizeOf(heads);
  for (const { cid, bytes } of blocks) {
    const head = carSectionHead(cid, bytes);
    heads.push(head);
    size += head.byteLength;
    touch();
    if (bytes.byteLength >= COPIED_BYTES || size >= COPIED_BYTES) {
      yield join(heads, size);
      [heads, size] = [[], 0];
    }
    if (bytes.byteLength >= COPIED_BYTES) yield bytes;
    else {
      heads.push(bytes);
      size += bytes.byteLength;
    }
  }
  heads.push(text.encode(`\r\n--${boundary}--\r\n`));
  yield join(heads, sizeOf(heads));
}

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** Reads `{"Root":{"Cid":{"/":…},"PinErrorMsg":…}}`, one a line; other lines are statistics. */
function pinnedRoots(answer: Uint8Array): Set<string> {
  const pinned = new Set<string>();
  for (const line of new TextDecoder().decode(answer).split("\n")) {
    if (line.trim() === "") continue;
    const root = (JSON.parse(line) as { Root?: { Cid?: { "/"?: unknown }; PinErrorMsg?: unknown } } | null)?.Root;
    const cid = root?.Cid?.["/"];
    const failure = root?.PinErrorMsg ?? "";
    if (typeof cid === "string" && failure === "") pinned.add(cid);
  }
  return pinned;
}
