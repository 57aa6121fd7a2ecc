import { toQuantity } from "ethers";

import { AbortedError, timeLimit, UnavailableError } from "@orion/protocol/common";

/** A node that takes longer hangs. */
const TIMEOUT_MS = 60_000;

/** One call of a node's own methods, which no typed contract covers. @throws UnavailableError */
export async function rpc(
  url: string,
  method: string,
  params: readonly unknown[] | Readonly<Record<string, unknown>>,
  stop?: AbortSignal,
): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: timeLimit(TIMEOUT_MS, stop) });
    const answer = (await response.json()) as { result?: unknown; error?: { message?: string } };
    if (answer.error === undefined) return answer.result;
    throw new UnavailableError(`${method} failed: ${answer.error.message ?? "no reason given"}`);
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    if (stop?.aborted === true) throw new AbortedError(`stopped while ${method} was asked`, { cause });
    throw new UnavailableError(`the chain at ${url} does not answer`, { cause });
  }
}

/** Number of a chain's last block; undefined where the chain does not answer. */
export async function chainHead(url: string, stop?: AbortSignal): Promise<number | undefined> {
  const head = await rpc(url, "eth_blockNumber", [], stop).catch(() => undefined);
  return typeof head === "string" ? Number(head) : undefined;
}

/** Hash of a chain's block; undefined where there is no block of this number. @throws UnavailableError */
export async function blockHash(url: string, number: number, stop?: AbortSignal): Promise<string | undefined> {
  const block = await rpc(url, "eth_getBlockByNumber", [toQuantity(number), false], stop);
  return (block as { hash?: string } | null)?.hash;
}
