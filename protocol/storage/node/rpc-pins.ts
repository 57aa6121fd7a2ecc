import type { FastifyInstance } from "fastify";
import type { CID } from "multiformats/cid";
import { RAW } from "../cid.ts";
import { walkDag } from "../dag-links.ts";
import type { NodeContext } from "./context.ts";
import { onlyCid, readQuery } from "./query.ts";
import { badRequest, NotStoredError, RpcError } from "./rpc-error.ts";
import { streamJson } from "./stream-reply.ts";

interface PinLine {
  Cid: string;
  Type: string;
  Name: string;
}

const TYPES = ["all", "recursive", "direct", "indirect"];

/** pin/add, pin/ls, pin/rm. */
export function pinCalls(rpc: FastifyInstance, context: NodeContext): void {
  const { blocks, pins } = context;

  rpc.post("/pin/add", async (request) => {
    const query = readQuery(request);
    const cid = onlyCid(query);
    const recursive = query.flag("recursive", true);
    if (recursive) await assertComplete(context, cid);
    else await blocks.get(cid);
    await pins.add(cid, recursive ? "recursive" : "direct", query.text("name") ?? "");
    return { Pins: [cid.toString()] };
  });

  rpc.post("/pin/rm", async (request) => {
    const cid = onlyCid(readQuery(request));
    if (pins.get(cid) === undefined) throw new RpcError(500, "not pinned or pinned indirectly");
    await pins.remove(cid);
    return { Pins: [cid.toString()] };
  });

  rpc.post("/pin/ls", async (request, reply) => {
    const query = readQuery(request);
    const type = query.text("type") ?? "all";
    if (!TYPES.includes(type)) throw badRequest(`the type of a pin is ${TYPES.join(", ")}`);
    const wanted = query.args.length > 0 ? onlyCid(query).toString() : undefined;
    const lines = listPins(context, type, wanted);
    if (query.flag("stream", false)) return streamJson(reply, lines);
    const keys: Record<string, object> = {};
    for await (const { Cid, Type, Name } of lines) keys[Cid] = { Type, Name };
    return { Keys: keys };
  });
}

async function* listPins(
  context: NodeContext,
  type: string,
  wanted?: string,
): AsyncGenerator<PinLine, void, undefined> {
  const listed = new Set<string>();
  for (const { cid, kind, name } of context.pins.all()) {
    const text = cid.toString();
    if ((type !== "all" && type !== kind) || (wanted !== undefined && wanted !== text)) continue;
    listed.add(text);
    yield { Cid: text, Type: kind, Name: name };
  }
  if (type === "all" || type === "indirect") yield* listIndirect(context, listed, wanted);
  if (wanted !== undefined && !listed.has(wanted)) throw new RpcError(500, `path '${wanted}' is not pinned`);
}

async function* listIndirect(
  context: NodeContext,
  listed: Set<string>,
  wanted?: string,
): AsyncGenerator<PinLine, void, undefined> {
  for (const pin of context.pins.all()) {
    if (pin.kind !== "recursive") continue;
    for await (const { cid } of walkDag(pin.cid, (block) => presentOrLoaded(context, block))) {
      const text = cid.toString();
      const skip = listed.has(text) || context.pins.get(cid) !== undefined || (wanted !== undefined && wanted !== text);
      if (skip) continue;
      listed.add(text);
      yield { Cid: text, Type: "indirect", Name: "" };
    }
  }
}

/** @throws NotStoredError when a block under the root is not on disk */
export async function assertComplete(context: NodeContext, root: CID): Promise<void> {
  const walk = walkDag(root, (block) => presentOrLoaded(context, block));
  while ((await walk.next()).done !== true);
}

/** Raw blocks have no links, so it is enough that they are there. */
async function presentOrLoaded({ blocks }: NodeContext, cid: CID): Promise<Uint8Array> {
  if (cid.code !== RAW) return blocks.get(cid);
  if (!(await blocks.has(cid))) throw new NotStoredError(cid.toString());
  return new Uint8Array();
}
