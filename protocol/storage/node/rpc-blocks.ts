import type { FastifyInstance } from "fastify";
import { CID } from "multiformats/cid";
import { cidOfBlock } from "../block-hash.ts";
import { DAG_PB } from "../cid.ts";
import { codecByName } from "./codecs.ts";
import type { NodeContext } from "./context.ts";
import { onlyCid, readQuery } from "./query.ts";
import type { Query } from "./query.ts";
import { badRequest } from "./rpc-error.ts";
import { readOnlyPart } from "./upload.ts";

/** block/get, block/put, block/stat. */
export function blockCalls(rpc: FastifyInstance, { blocks, pins, maxBlockBytes }: NodeContext): void {
  rpc.post("/block/get", async (request, reply) => {
    const bytes = await blocks.get(onlyCid(readQuery(request)));
    return reply.type("application/vnd.ipld.raw").send(bytes);
  });

  rpc.post("/block/stat", async (request) => {
    const cid = onlyCid(readQuery(request));
    const bytes = await blocks.get(cid);
    return { Key: cid.toString(), Size: bytes.byteLength };
  });

  rpc.post("/block/put", async (request) => {
    const query = readQuery(request);
    assertSha256(query);
    const name = query.text("cid-codec") ?? query.text("format") ?? "raw";
    const codec = codecByName(name);
    const pin = query.flag("pin", false);
    const bytes = await readOnlyPart(request, maxBlockBytes, "the block");
    const v1 = await cidOfBlock(codec.code, bytes);
    const cid = name === "v0" && v1.code === DAG_PB ? CID.createV0(v1.toV0().multihash) : v1;
    await blocks.put(cid, bytes);
    if (pin) await pins.add(cid, "recursive");
    return { Key: cid.toString(), Size: bytes.byteLength };
  });
}

/** @throws RpcError for a hash that this network does not use */
export function assertSha256(query: Query): void {
  const hash = query.text("mhtype") ?? query.text("hash") ?? "sha2-256";
  const length = query.text("mhlen") ?? "-1";
  if (hash !== "sha2-256" || (length !== "-1" && length !== "32")) {
    throw badRequest("this node stores under sha2-256 only");
  }
}
