import { AbortedError, UnavailableError } from "@orion/protocol/common";

import { timeLimit } from "../core/time-limit.ts";

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
