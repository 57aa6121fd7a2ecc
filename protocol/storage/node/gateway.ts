import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CID } from "multiformats/cid";
import { DAG_PB } from "../cid.ts";
import { UnixFS } from "ipfs-unixfs";
import { decode as decodePb } from "@ipld/dag-pb";
import { writeCar } from "../car.ts";
import type { NodeContext } from "./context.ts";
import { parseIpfsPath, readQuery } from "./query.ts";
import { badRequest, RpcError } from "./rpc-error.ts";
import { exportDag } from "./rpc-dag.ts";
import { streamReply } from "./stream-reply.ts";

const RAW_TYPE = "application/vnd.ipld.raw";
const CAR_TYPE = "application/vnd.ipld.car";
const CAR_ANSWER = `${CAR_TYPE}; version=1; order=dfs; dups=n`;

/**
 * The trustless gateway: GET and HEAD /ipfs/{cid} as a raw block or a CAR. Readers verify what they get, so it may be
 * read from any page; nothing is ever served in a form that a browser would run.
 */
export function gatewayRoutes(app: FastifyInstance, context: NodeContext): void {
  app.get("/ipfs/*", async (request, reply) => {
    const { root, path } = parseIpfsPath((request.params as { "*": string })["*"]);
    if (path !== "") throw badRequest("this gateway serves single objects: ask for the CID itself, without a path");
    const format = requestedFormat(request);
    describe(reply, root, format);
    if (request.headers["if-none-match"] === reply.getHeader("etag")) return reply.code(304).send();
    return format === "raw" ? sendRaw(context, reply, root) : sendCar(context, request, reply, root);
  });

  app.options("/ipfs/*", async (_request, reply) => {
    reply.headers({ "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS" });
    return reply.code(204).send();
  });
}

function requestedFormat(request: FastifyRequest): "raw" | "car" {
  const format = readQuery(request).text("format");
  const accept = request.headers.accept ?? "";
  if (format === "raw" || (format === undefined && accept.includes(RAW_TYPE))) return "raw";
  if (format === "car" || (format === undefined && accept.includes(CAR_TYPE))) return "car";
  throw new RpcError(
    406,
    `this gateway serves verifiable forms only: add ?format=raw or ?format=car, or accept ${RAW_TYPE}`,
  );
}

function describe(reply: FastifyReply, cid: CID, format: "raw" | "car"): void {
  const name = `${cid.toString()}.${format === "raw" ? "bin" : "car"}`;
  reply.headers({
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Etag, X-Ipfs-Path",
    "Cache-Control": "public, max-age=29030400, immutable",
    "Content-Disposition": `attachment; filename="${name}"`,
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
    "X-Ipfs-Path": `/ipfs/${cid.toString()}`,
    Etag: format === "raw" ? `"${cid.toString()}.raw"` : `W/"${cid.toString()}.car"`,
    Vary: "Accept",
  });
}

async function sendRaw({ blocks }: NodeContext, reply: FastifyReply, cid: CID): Promise<FastifyReply> {
  return reply.type(RAW_TYPE).send(await blocks.get(cid));
}

async function sendCar(
  context: NodeContext,
  request: FastifyRequest,
  reply: FastifyReply,
  root: CID,
): Promise<FastifyReply> {
  const scope = readQuery(request).text("dag-scope") ?? "all";
  if (scope !== "all" && scope !== "block" && scope !== "entity") throw badRequest("dag-scope is all, entity or block");
  const bytes = await context.blocks.get(root);
  if (request.method === "HEAD") return reply.type(CAR_ANSWER).send();
  const whole = scope === "all" || (scope === "entity" && isFile(root, bytes));
  return streamReply(reply, CAR_ANSWER, whole ? exportDag(context, root) : writeCar([root], [{ cid: root, bytes }]));
}

/** Of a folder or a data object the entity is the object alone; of a file it is all of its parts. */
function isFile(cid: CID, bytes: Uint8Array): boolean {
  if (cid.code !== DAG_PB) return false;
  try {
    return !UnixFS.unmarshal(decodePb(bytes).Data ?? new Uint8Array()).isDirectory();
  } catch {
    return false; // a node that is no UnixFS has no entity beyond itself
  }
}
