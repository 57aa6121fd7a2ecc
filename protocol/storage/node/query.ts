import type { FastifyRequest } from "fastify";
import type { CID } from "multiformats/cid";
import { parseCid } from "../cid.ts";
import { badRequest } from "./rpc-error.ts";

/** The query of an RPC call, read strictly. */
export interface Query {
  /** All values of `arg`. */
  args: string[];
  text(name: string): string | undefined;
  /** @throws RpcError for anything but true and false */
  flag(name: string, fallback: boolean): boolean;
  /** A non-negative whole number. */
  size(name: string): bigint | undefined;
}

export function readQuery(request: FastifyRequest): Query {
  const at = request.url.indexOf("?");
  const params = new URLSearchParams(at < 0 ? "" : request.url.slice(at + 1));
  const text = (name: string): string | undefined => params.get(name) ?? undefined;
  return {
    args: params.getAll("arg"),
    text,
    flag: (name, fallback) => {
      const value = text(name);
      if (value === undefined) return fallback;
      if (value === "true" || value === "false" || value === "") return value !== "false";
      throw badRequest(`the option ${name} is true or false`);
    },
    size: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      if (!/^\d{1,18}$/.test(value)) throw badRequest(`the option ${name} is a number of bytes`);
      return BigInt(value);
    },
  };
}

/** The one CID that a call is about; "/ipfs/" before it is allowed, a path behind it is not. */
export function onlyCid(query: Query): CID {
  const { root, path } = onlyPath(query);
  if (path !== "") throw badRequest("this call takes a CID without a path");
  return root;
}

/** The one CID or /ipfs/CID/path that a call is about. */
export function onlyPath(query: Query): { root: CID; path: string } {
  const [arg, ...more] = query.args;
  if (arg === undefined) throw badRequest('argument "ipfs-path" is required');
  if (more.length > 0) throw badRequest("this call takes one argument");
  return parseIpfsPath(arg);
}

/** @throws RpcError for other namespaces and for paths that climb */
export function parseIpfsPath(text: string): { root: CID; path: string } {
  const [head = "", ...segments] = text.replace(/^\/ipfs\//, "").split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) throw badRequest("the path may not climb");
  return { root: parseCid(head), path: segments.filter((segment) => segment !== "").join("/") };
}
