import type { FastifyInstance } from "fastify";
import type { CID } from "multiformats/cid";
import { cidOfBlock } from "../block-hash.ts";
import { readCar, writeCar } from "../car.ts";
import { walkDag } from "../dag-links.ts";
import { codecByCode, codecByName, transcode } from "./codecs.ts";
import type { NodeContext } from "./context.ts";
import { assertComplete } from "./rpc-pins.ts";
import { onlyCid, readQuery } from "./query.ts";
import { assertSha256 } from "./rpc-blocks.ts";
import { badRequest } from "./rpc-error.ts";
import { streamJson, streamReply } from "./stream-reply.ts";
import { readOnlyPart, readParts } from "./upload.ts";

/** dag/get, dag/put, dag/import, dag/export. */
export function dagCalls(rpc: FastifyInstance, context: NodeContext): void {
  const { blocks, pins, maxBlockBytes, maxUploadBytes } = context;

  rpc.post("/dag/get", async (request, reply) => {
    const query = readQuery(request);
    const cid = onlyCid(query);
    const codec = codecByName(query.text("output-codec") ?? "dag-json");
    const bytes = transcode(await blocks.get(cid), codecByCode(cid.code), codec);
    return reply.type(codec === codecByName("dag-json") ? "application/json" : "application/octet-stream").send(bytes);
  });

  rpc.post("/dag/put", async (request) => {
    const query = readQuery(request);
    assertSha256(query);
    const from = codecByName(query.text("input-codec") ?? "dag-json");
    const to = codecByName(query.text("store-codec") ?? "dag-cbor");
    const pin = query.flag("pin", false);
    const bytes = transcode(await readOnlyPart(request, maxBlockBytes, "the block"), from, to);
    const cid = await cidOfBlock(to.code, bytes);
    await blocks.put(cid, bytes);
    if (pin) await pins.add(cid, "recursive");
    return { Cid: { "/": cid.toString() } };
  });

  rpc.post("/dag/export", async (request, reply) => {
    const root = onlyCid(readQuery(request));
    return streamReply(reply, "application/vnd.ipld.car", exportDag(context, root));
  });

  rpc.post("/dag/import", async (request, reply) => {
    const pinRoots = readQuery(request).flag("pin-roots", true);
    const roots = new Map<string, CID>();
    for await (const part of readParts(request, maxUploadBytes)) {
      if (part.content === undefined) throw badRequest("expected a CAR file, not a folder");
      const car = await readCar(part.content, "the upload");
      await blocks.putVerified(car.blocks);
      for (const root of car.roots) roots.set(root.toString(), root);
    }
    return streamJson(reply, pinResults(context, [...roots.values()], pinRoots));
  });
}

/** A DAG from disk as a CAR, its root first; ends with an error when a block is missing. */
export async function* exportDag({ blocks }: NodeContext, root: CID): AsyncGenerator<Uint8Array, void, undefined> {
  const first = await blocks.get(root); // before any byte goes out
  yield* writeCar(
    [root],
    walkDag(root, async (cid) => (cid.equals(root) ? first : blocks.get(cid))),
  );
}

/** Reports on every root; those that are complete are pinned together, before any of them is reported. */
async function* pinResults(context: NodeContext, roots: CID[], pin: boolean): AsyncGenerator<object, void, undefined> {
  const failures = new Map<CID, string>();
  const complete: CID[] = [];
  for (const root of pin ? roots : []) {
    try {
      await assertComplete(context, root);
      complete.push(root);
    } catch (error) {
      failures.set(root, error instanceof Error ? error.message : String(error));
    }
  }
  await context.pins.addAll(complete, "recursive");
  for (const root of roots) yield { Root: { Cid: { "/": root.toString() }, PinErrorMsg: failures.get(root) ?? "" } };
}
