import { Readable } from "node:stream";
import { Busboy } from "@fastify/busboy";
import type { BusboyFileStream } from "@fastify/busboy";
import type { FastifyRequest } from "fastify";
import { badRequest, tooLarge } from "./rpc-error.ts";

/** One file or folder of a multipart body; `content` must be read before the next part is asked for. */
export interface Part {
  name: string;
  /** Undefined for a folder. */
  content: AsyncIterable<Uint8Array> | undefined;
}

const MAX_PARTS = 4096;
const FOLDER_TYPE = "application/x-directory";
/** Boundaries and headers around a single file. */
const ENVELOPE_BYTES = 64 * 1024;

/**
 * The parts of a multipart body, one after the other as they arrive, under the size limit.
 * @throws RpcError: 400 for a body that is none or is cut off, 413 above the limit
 */
export async function* readParts(request: FastifyRequest, maxBytes: number): AsyncGenerator<Part, void, undefined> {
  if (Number(request.headers["content-length"] ?? "0") > maxBytes) throw tooLarge("the upload", maxBytes);
  const parts = new Readable({ objectMode: true, read: () => {} });
  const stop = feed(request.raw, createParser(request.headers["content-type"], parts), maxBytes);
  try {
    for await (const part of parts as AsyncIterable<Part>) yield part;
  } finally {
    stop();
  }
}

function createParser(type: string | undefined, parts: Readable): Busboy {
  if (type?.startsWith("multipart/") !== true) throw badRequest("expected a multipart/form-data body");
  const parser = newParser(type);
  const files = new Set<BusboyFileStream>();
  const fail = (error: unknown): void => {
    const cause = error instanceof Error ? error : badRequest(String(error));
    for (const file of files) file.destroy(cause);
    parts.destroy(cause);
  };
  parser.on("file", (_field, file, name, _encoding, mime) => {
    files.add(file);
    file.on("error", fail); // of a body that is cut off; whoever reads the file gets it too
    file.once("close", () => files.delete(file));
    if (mime === FOLDER_TYPE) file.resume();
    parts.push({ name, content: mime === FOLDER_TYPE ? undefined : readFile(file) } satisfies Part);
  });
  parser.once("partsLimit", () => fail(badRequest(`at most ${MAX_PARTS} files fit one upload`)));
  parser.on("error", (error) =>
    fail(error instanceof Error && error.name !== "RpcError" ? badRequest(error.message) : error),
  );
  parser.on("finish", () => parts.push(null));
  return parser;
}

function newParser(type: string): Busboy {
  try {
    const limits = { parts: MAX_PARTS, headerPairs: 32, headerSize: 16 * 1024 };
    return new Busboy({ headers: { "content-type": type }, preservePath: true, isPartAFile: () => true, limits });
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

async function* readFile(file: BusboyFileStream): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of file as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    if (error instanceof Error && error.name === "RpcError") throw error;
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Feeds the body to the parser no faster than its parts are read. The request itself is never destroyed: the answer
 * (413, say) goes out on the same connection while the rest of the body is discarded.
 * @returns ends the feeding
 */
function feed(body: Readable, parser: Busboy, maxBytes: number): () => void {
  let total = 0;
  const fail = (error: unknown): void => {
    stop();
    parser.emit("error", error);
  };
  const onData = (chunk: Buffer): void => {
    total += chunk.byteLength;
    if (total > maxBytes) fail(tooLarge("the upload", maxBytes));
    else if (!parser.write(chunk)) body.pause();
  };
  const onDrain = (): void => {
    body.resume();
  };
  const onEnd = (): void => {
    parser.end();
  };
  const stop = (): void => {
    body.off("data", onData).off("end", onEnd).off("error", fail);
    parser.off("drain", onDrain);
    body.on("error", () => {}); // whatever happens to the discarded rest is no concern of anybody
    body.resume();
  };
  parser.on("drain", onDrain);
  body.on("data", onData).on("end", onEnd).on("error", fail);
  return stop;
}

/** The single file of a body, whole. */
export async function readOnlyPart(request: FastifyRequest, maxBytes: number, what: string): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  for await (const part of readParts(request, maxBytes + ENVELOPE_BYTES)) {
    if (bytes !== undefined || part.content === undefined) throw badRequest("expected exactly one file");
    bytes = await collect(part.content, maxBytes, what);
  }
  if (bytes === undefined) throw badRequest('file argument "data" is required');
  return bytes;
}

async function collect(source: AsyncIterable<Uint8Array>, maxBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of source) {
    total += chunk.byteLength;
    if (total > maxBytes) throw tooLarge(what, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}
