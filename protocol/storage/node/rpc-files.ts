import type { FastifyInstance } from "fastify";
import { exporter } from "ipfs-unixfs-exporter";
import { importer } from "ipfs-unixfs-importer";
import type { CID } from "multiformats/cid";
import { readUnixfsFile } from "../unixfs-file.ts";
import { assertSha256 } from "./rpc-blocks.ts";
import type { NodeContext } from "./context.ts";
import { importOptions } from "./import-options.ts";
import { onlyPath, readQuery } from "./query.ts";
import { badRequest } from "./rpc-error.ts";
import { streamJson, streamReply } from "./stream-reply.ts";
import { readParts } from "./upload.ts";
import type { Part } from "./upload.ts";

type Source = Parameters<typeof importer>[0];
type Sink = Parameters<typeof importer>[1];

/** add, cat. */
export function fileCalls(rpc: FastifyInstance, context: NodeContext): void {
  const { blocks, pins, maxBlockBytes, maxUploadBytes } = context;

  rpc.post("/add", async (request, reply) => {
    const query = readQuery(request);
    assertSha256(query);
    const pin = query.flag("pin", true);
    const onlyHash = query.flag("only-hash", false);
    const options = importOptions(query, maxBlockBytes);
    const sink = {
      put: (cid: CID, bytes: Uint8Array) => (onlyHash ? undefined : blocks.put(cid, bytes)),
    } as unknown as Sink;
    const source = candidates(readParts(request, maxUploadBytes)) as Source;
    const added = async function* (): AsyncGenerator<object, void, undefined> {
      for await (const { cid, path, size } of importer(source, sink, options)) {
        const name = path ?? cid.toString();
        if (pin && !onlyHash && !name.includes("/")) await pins.add(cid, "recursive");
        yield { Name: name, Hash: cid.toString(), Size: size.toString() };
      }
    };
    return streamJson(reply, added());
  });

  rpc.post("/cat", async (request, reply) => {
    const query = readQuery(request);
    const { root, path } = onlyPath(query);
    const cid = path === "" ? root : await resolvePath(context, root, path);
    const offset = query.size("offset") ?? 0n;
    const length = query.size("length");
    const bytes = readUnixfsFile(cid, blocks.get, length === undefined ? { offset } : { offset, length });
    return streamReply(reply, "application/octet-stream", bytes);
  });
}

async function resolvePath({ blocks }: NodeContext, root: CID, path: string): Promise<CID> {
  const get = async function* (cid: CID): AsyncGenerator<Uint8Array, void, undefined> {
    yield await blocks.get(cid);
  };
  try {
    return (await exporter(`${root.toString()}/${path}`, { get })).cid;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundError") {
      throw badRequest(`no link named ${JSON.stringify(path)} under ${root.toString()}`);
    }
    throw error;
  }
}

async function* candidates(parts: AsyncIterable<Part>): AsyncGenerator<object, void, undefined> {
  for await (const { name, content } of parts) {
    const path = safeName(name);
    if (content === undefined) {
      if (path === undefined) throw badRequest("a folder needs a name");
      yield { path };
    } else {
      yield path === undefined ? { content } : { path, content };
    }
  }
}

/** Clients percent-encode names. One that climbs or is absolute would harm whoever unpacks the folder later. */
function safeName(encoded: string | undefined): string | undefined {
  let name: string;
  try {
    name = decodeURIComponent(encoded ?? "");
  } catch {
    throw badRequest("a file name is not percent-encoded UTF-8");
  }
  if (name === "") return undefined;
  const segments = name.split("/");
  const bad = segments.some(
    (part) => part === "" || part === "." || part === ".." || part.includes("\0") || part.includes("\\"),
  );
  if (bad || name.length > 1024) throw badRequest(`the file name ${JSON.stringify(name.slice(0, 80))} is not allowed`);
  return name;
}
