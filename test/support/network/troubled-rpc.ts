import { startProxy, type Fault, type HttpProxy, type Request } from "./http-proxy.ts";
import { TroubledNode, type Call, type Trouble } from "./troubled-node.ts";

export interface TroubledRpc {
  readonly url: string;
  /** What goes wrong from now on. */
  trouble: Trouble;
  /** Calls that were made since the last `reset`, by method. */
  readonly counts: Readonly<Record<string, number>>;
  /** HTTP requests since the last `reset`. */
  readonly requests: number;
  reset(): void;
  stop(): Promise<void>;
}

/** A JSON-RPC endpoint before a healthy node, that misbehaves as it is told. */
export async function startTroubledRpc(upstream: string, seed = 1): Promise<TroubledRpc> {
  const rpc = new Endpoint(upstream, seed);
  await rpc.listen();
  return rpc;
}

class Endpoint implements TroubledRpc {
  readonly #upstream: string;
  readonly #node: TroubledNode;
  #proxy: HttpProxy | undefined;
  trouble: Trouble = {};
  counts: Record<string, number> = {};
  requests = 0;

  constructor(upstream: string, seed: number) {
    this.#upstream = upstream;
    this.#node = new TroubledNode(upstream, seed);
  }

  async listen(): Promise<void> {
    this.#proxy = await startProxy({
      target: this.#upstream,
      fault: (request) => this.#fault(callsOf(request)),
      answer: (request) => this.#answer(request),
    });
  }

  get url(): string {
    return this.#proxy?.url ?? "";
  }

  reset(): void {
    this.counts = {};
    this.requests = 0;
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
  }

  #fault(calls: readonly Call[]): Fault {
    const { trouble } = this;
    this.requests++;
    for (const { method } of calls) this.counts[method] = (this.counts[method] ?? 0) + 1;
    const delayed = trouble.delay === undefined ? {} : { delayMs: trouble.delay };
    return { ...delayed, ...this.#failure(calls) };
  }

  #failure(calls: readonly Call[]): Fault {
    const { trouble } = this;
    const has = (method: string | undefined): boolean => calls.some((call) => call.method === method);
    const isHttp = trouble.http !== undefined && (trouble.httpOnly === undefined || has(trouble.httpOnly));
    if (isHttp && this.#uses("httpLeft")) return { before: { status: trouble.http ?? 503 } };
    if (calls.length > (trouble.batchMax ?? Infinity)) {
      const message = `batch of more than ${String(trouble.batchMax)} requests are not allowed`;
      const body = JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32_600, message } });
      return { before: { status: trouble.batchStatus ?? 200, body } };
    }
    if (has(trouble.dropBefore) && this.#uses("dropLeft")) return { before: "drop" };
    if (has(trouble.dropAfter) && this.#uses("dropLeft")) return { after: "drop" };
    if (has(trouble.after) && this.#uses("afterLeft")) {
      return { after: { status: trouble.afterStatus ?? 503, body: "upstream timed out" } };
    }
    return {};
  }

  /** Counts a limited trouble down; an unlimited one stays. */
  #uses(left: "httpLeft" | "afterLeft" | "dropLeft"): boolean {
    const count = this.trouble[left];
    if (count === undefined) return true;
    this.trouble[left] = count - 1;
    return count > 0;
  }

  async #answer(request: Request): Promise<Buffer> {
    return answerCalls(this.#node, request, this.trouble);
  }
}

/** The calls of a JSON-RPC request, be it a batch or not. */
export function callsOf({ body }: Request): Call[] {
  const parsed = JSON.parse(body.toString()) as Call | Call[];
  return Array.isArray(parsed) ? parsed : [parsed];
}

/** The whole answer to a JSON-RPC request. */
export async function answerCalls(node: TroubledNode, request: Request, trouble: Trouble): Promise<Buffer> {
  const calls = callsOf(request);
  const answers = [];
  for (const call of calls) answers.push(await node.answer(call, trouble));
  if (trouble.omit === true && answers.length > 1) answers.pop();
  if (trouble.reorder === true) answers.reverse();
  const isBatch = request.body.toString().trimStart().startsWith("[");
  return Buffer.from(JSON.stringify(isBatch ? answers : answers[0]));
}
