import { systemClock } from "@orion/protocol/common";
import type { Clock } from "@orion/protocol/common";
import { create } from "ipfs-http-client";
import type { KuboRPCClient } from "ipfs-http-client";
import type { CID } from "multiformats/cid";
import type { BlockSource, CallOptions } from "./block-reader.ts";
import { createDeadline } from "./deadline.ts";
import { DEFAULT_RETRIES, DEFAULT_TIMEOUT_MS } from "./defaults.ts";
import { parseEndpoint } from "./endpoint.ts";
import type { Endpoint } from "./endpoint.ts";
import { fetchBlock } from "./fetch-block.ts";
import { fromStatus, fromTransport } from "./http-failure.ts";
import { withRetries } from "./retry.ts";
import type { RetryPolicy } from "./retry.ts";

const API_PATH = "/api/v0";

/** The RPC of one node, as the content store uses it. */
export interface Rpc {
  endpoint: Endpoint;
  timeoutMs: number;
  policy: RetryPolicy;
  client: KuboRPCClient;
  /** One call of the client library under the deadline, retried, its errors typed. */
  call<T>(
    options: CallOptions | undefined,
    run: (client: KuboRPCClient, signal: AbortSignal, touch: () => void) => Promise<T>,
    about?: { cid?: CID; once?: boolean },
  ): Promise<T>;
}

export interface RpcOptions {
  /** Base address of a Kubo RPC, such as http://127.0.0.1:5001. */
  url: string;
  /** Bearer token, if the node wants one. */
  token?: string;
  /** Longest time in which the node may send nothing, or less than 64 KiB of a larger answer, before a transfer is given up. Milliseconds. */
  timeoutMs?: number;
  /** Further attempts after one that found the node unavailable. */
  retries?: number;
  clock?: Clock;
}

/** @throws ConfigurationError when the address is unusable; connects to nothing */
export function createRpc(options: RpcOptions): Rpc {
  const given = parseEndpoint(options.url, "RPC", options.token);
  const endpoint = { ...given, base: given.base.endsWith(API_PATH) ? given.base : `${given.base}${API_PATH}` };
  const client = create({ url: endpoint.base, headers: endpoint.headers });
  const policy = { retries: options.retries ?? DEFAULT_RETRIES, clock: options.clock ?? systemClock };
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const call: Rpc["call"] = (caller, run, about = {}) =>
    withRetries(about.once === true ? { ...policy, retries: 0 } : policy, caller?.signal, async () => {
      const deadline = createDeadline(timeoutMs, `the IPFS node at ${endpoint.shown}`, caller?.signal);
      try {
        return await run(client, deadline.signal, deadline.touch);
      } catch (cause) {
        throw deadline.explain(cause) ?? rpcFailure(cause, endpoint.shown, about.cid);
      } finally {
        deadline.clear();
      }
    });
  return { endpoint, timeoutMs, policy, client, call };
}

/** The client library throws an error with the response on it for an answer that is no success. */
export function rpcFailure(cause: unknown, shown: string, cid?: CID): Error {
  if (cause instanceof Error && "response" in cause && cause.response instanceof Response) {
    return fromStatus(cause.response.status, cause.message, shown, cid);
  }
  return fromTransport(cause, shown);
}

/** Verified blocks through block/get. */
export function blockSource(rpc: Rpc): BlockSource {
  const { base, headers, shown } = rpc.endpoint;
  return (cid, options) => {
    const url = `${base}/block/get?arg=${cid.toString()}`;
    const request = { url, method: "POST", headers, shown, timeoutMs: rpc.timeoutMs } as const;
    return withRetries(rpc.policy, options.signal, () => fetchBlock(cid, request, options));
  };
}
