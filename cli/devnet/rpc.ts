import { UnavailableError } from "@orion/protocol/common";

/** One call of a node's own methods, which no typed contract covers. */
export async function rpc(
  url: string,
  method: string,
  params: readonly unknown[] | Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  try {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { message?: string } };
    if (answer.error === undefined) return answer.result;
    throw new UnavailableError(`${method} failed: ${answer.error.message ?? "no reason given"}`);
  } catch (cause) {
    if (cause instanceof UnavailableError) throw cause;
    throw new UnavailableError(`the chain at ${url} does not answer`, { cause });
  }
}
