import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { RpcError } from "./rpc-error.ts";

export interface AccessRules {
  allowedOrigins: readonly string[];
  token: string | undefined;
}

/**
 * Guards the RPC as Kubo does: a request that a web page made (Origin, Referer or a browser's agent) is refused unless
 * the page's origin is allowed, so no page that the operator visits can write to the node; then the token.
 */
export function createGuard(rules: AccessRules): (request: FastifyRequest, reply: FastifyReply) => void {
  const expected = rules.token === undefined ? undefined : digest(`Bearer ${rules.token}`);
  return (request, reply) => {
    const origin = pageOrigin(request);
    if (origin !== undefined && !rules.allowedOrigins.includes(origin)) {
      throw new RpcError(403, "this web page may not call the node: start the node with its origin allowed");
    }
    if (origin !== undefined) allowOrigin(reply, origin);
    if (request.method === "OPTIONS" || expected === undefined) return;
    if (timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return;
    reply.header("WWW-Authenticate", "Bearer");
    throw new RpcError(401, "the node wants its access token");
  };
}

/** Hashing first makes the comparison take the same time for every guess, whatever its length. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Undefined for a request that no web page made. */
function pageOrigin({ headers }: FastifyRequest): string | undefined {
  if (headers.origin !== undefined) return headers.origin;
  if (headers.referer !== undefined) return URL.canParse(headers.referer) ? new URL(headers.referer).origin : "null";
  return headers["user-agent"]?.startsWith("Mozilla") === true ? "null" : undefined;
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.headers({
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Expose-Headers": "X-Chunked-Output, X-Stream-Output",
    Vary: "Origin",
  });
}
