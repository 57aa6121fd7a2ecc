import { systemClock } from "@orion/protocol/common";
import type { Clock } from "@orion/protocol/common";
import { createContentReader } from "./block-reader.ts";
import type { ContentReader } from "./block-reader.ts";
import { DEFAULT_RETRIES, DEFAULT_TIMEOUT_MS } from "./defaults.ts";
import { parseEndpoint } from "./endpoint.ts";
import { fetchBlock } from "./fetch-block.ts";
import { withRetries } from "./retry.ts";

export interface GatewayStoreOptions {
  /** Base address of a trustless gateway, such as https://trustless-gateway.link. */
  url: string;
  timeoutMs?: number;
  retries?: number;
  clock?: Clock;
}

/**
 * Reads content through a trustless HTTP gateway: raw blocks only, each re-hashed here, so the gateway is trusted for
 * nothing but to answer. Runs in browsers.
 */
export function createGatewayStore(options: GatewayStoreOptions): ContentReader {
  const { base, shown } = parseEndpoint(options.url, "gateway");
  const policy = { retries: options.retries ?? DEFAULT_RETRIES, clock: options.clock ?? systemClock };
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return createContentReader((cid, call) => {
    const url = `${base}/ipfs/${cid.toString()}?format=raw`;
    const headers = { accept: "application/vnd.ipld.raw" };
    return withRetries(policy, call.signal, () =>
      fetchBlock(cid, { url, method: "GET", headers, shown, timeoutMs }, call),
    );
  });
}
