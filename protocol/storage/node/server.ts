import { InvalidInputError, IntegrityError } from "@orion/protocol/common";
import { fastify } from "fastify";
import type { FastifyInstance, FastifyReply } from "fastify";
import { createGuard } from "./access.ts";
import type { AccessRules } from "./access.ts";
import type { NodeContext } from "./context.ts";
import { gatewayRoutes } from "./gateway.ts";
import { blockCalls } from "./rpc-blocks.ts";
import { dagCalls } from "./rpc-dag.ts";
import { NotStoredError, RpcError } from "./rpc-error.ts";
import { fileCalls } from "./rpc-files.ts";
import { nodeCalls } from "./rpc-node.ts";
import { pinCalls } from "./rpc-pins.ts";
import type { NodeLog } from "./types.ts";

/** A silent connection is closed after this. Milliseconds. */
const IDLE_MS = 120_000;
/** A whole request must have arrived after this. Milliseconds. */
const REQUEST_MS = 600_000;
const HEADERS_MS = 15_000;

/** The HTTP face of the node: RPC under /api/v0, gateway under /ipfs. It does not listen yet. */
export function createServer(context: NodeContext, rules: AccessRules, log: NodeLog): FastifyInstance {
  const app = fastify({
    logger: false,
    forceCloseConnections: "idle",
    connectionTimeout: IDLE_MS,
    requestTimeout: REQUEST_MS,
    http: { headersTimeout: HEADERS_MS },
    routerOptions: { ignoreTrailingSlash: true },
  });
  // Bodies are read as streams by the calls that take one, under their own limits.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _body, done) => done(null));
  app.setErrorHandler((error, request, reply) => {
    const answer = toRpcError(error, request.url.startsWith("/ipfs/"));
    const fields = { call: request.url.split("?")[0], status: answer.status, err: error };
    if (answer.status >= 500 && !(error instanceof NotStoredError)) log.error(fields, "ipfs call failed");
    return sendError(reply, answer);
  });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).type("text/plain").send("404 page not found\n"));
  app.register(
    (rpc, _options, done) => {
      rpcRoutes(rpc, context, rules);
      done();
    },
    { prefix: "/api/v0" },
  );
  gatewayRoutes(app, context);
  return app;
}

function rpcRoutes(rpc: FastifyInstance, context: NodeContext, rules: AccessRules): void {
  const guard = createGuard(rules);
  rpc.addHook("onRequest", (request, reply, done) => {
    guard(request, reply);
    done();
  });
  for (const add of [blockCalls, fileCalls, dagCalls, pinCalls, nodeCalls]) add(rpc, context);
  rpc.options("/*", async (_request, reply) => reply.code(204).send());
  rpc.route({
    method: ["GET", "PUT", "DELETE", "PATCH"],
    url: "/*",
    handler: async (_request, reply) =>
      reply.code(405).header("Allow", "OPTIONS, POST").type("text/plain").send("405 - use POST\n"),
  });
}

function toRpcError(error: unknown, gateway: boolean): RpcError {
  if (error instanceof NotStoredError) return gateway ? new RpcError(404, error.message) : error;
  if (error instanceof RpcError) return error;
  if (error instanceof InvalidInputError) return new RpcError(400, error.message);
  if (error instanceof IntegrityError) return new RpcError(gateway ? 500 : 400, error.message);
  const status = statusOf(error);
  if (status !== undefined) return new RpcError(status, error instanceof Error ? error.message : String(error));
  return new RpcError(500, `the node failed: ${error instanceof Error ? error.message : String(error)}`);
}

/** Errors of the server library carry their status. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  return typeof error.statusCode === "number" && error.statusCode >= 400 ? error.statusCode : undefined;
}

function sendError(reply: FastifyReply, { status, kuboCode, message }: RpcError): FastifyReply {
  for (const name of ["cache-control", "content-disposition", "content-length", "etag"]) reply.removeHeader(name);
  return reply.code(status).type("application/json").send({ Message: message, Code: kuboCode, Type: "error" });
}
