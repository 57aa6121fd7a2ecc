import {
  FetchRequest,
  JsonRpcProvider,
  Network,
  type FetchResponse,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
} from "ethers";

import { UnavailableError } from "../common/errors.ts";
import { fitsMethod } from "./rpc-shapes.ts";

type Answer = JsonRpcResult | JsonRpcError;

/** Without a sign of life, and in all: what drips is no answer either. */
const REQUEST_TIMEOUT_MS = 20_000;
const WHOLE_REQUEST_MS = 45_000;
const BATCH_MAX = 20;
/** An endpoint that failed is asked last for the first of these times, for twice as long at each further failure, up to the second. */
const BAD_FOR_MS = 30_000;
const LONGEST_BAD_MS = 8 * 60_000;
/** One that refused batches is tried with them again after this time. */
const UNBATCHED_FOR_MS = 10 * 60_000;
/** Pauses before an endpoint is asked again after a failure, and while it limits requests. */
const RETRY_PAUSES_MS = [200, 800];
const THROTTLED_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
const LONGEST_RETRY_AFTER_MS = 10_000;

/** Words of nodes that refuse a call for now, under codes that also mean other things. */
const THROTTLED = /too many requests|rate.?limit|request rate|compute units per second|exceeded .*capacity/i;

/** An RPC endpoint that cannot be reached, or that answers with anything else than JSON-RPC. */
export class RpcUnavailableError extends UnavailableError {
  /** The HTTP status where it answered with one. */
  readonly status: number | undefined;
  /** True where the request cannot have reached it. */
  readonly unsent: boolean;
  /** Milliseconds that it asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { hint: string; cause?: unknown; status?: number; unsent?: boolean; retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.status = options.status;
    this.unsent = options.unsent ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

interface Endpoint {
  readonly url: string;
  batchMax: number;
  batchAgainAt: number;
  badUntil: number;
  /** Failures since its last answer. */
  failures: number;
}

/**
 * JSON-RPC over one or several addresses of the same chain. Reads are tried again and at the next address; a signed transaction goes out once a
 * call, for only the sender knows what an unknown outcome means. Batches are halved, down to single requests, where an endpoint refuses them.
 */
export class RpcProvider extends JsonRpcProvider {
  readonly #endpoints: readonly Endpoint[];
  #nextId = 1;

  readonly #wholeRequestMs: number;

  /**
   * @param urls the first one that answers is used
   * @param options.wholeRequestMs longest that an answer may take to come in, however it drips
   */
  constructor(
    urls: readonly string[],
    chainId: number,
    { wholeRequestMs = WHOLE_REQUEST_MS }: { readonly wholeRequestMs?: number } = {},
  ) {
    super(new FetchRequest(urls[0] ?? ""), Network.from(chainId), {
      staticNetwork: true,
      // Responses must not be older than the last transaction that this process has sent.
      cacheTimeout: -1,
      batchMaxCount: BATCH_MAX,
      // Calls of one moment travel together; none waits for others to come.
      batchStallTime: 0,
    });
    this.#wholeRequestMs = wholeRequestMs;
    this.#endpoints = urls.map((url) => ({ url, batchMax: BATCH_MAX, batchAgainAt: 0, badUntil: 0, failures: 0 }));
  }

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    if (method !== "eth_sendRawTransaction") return super.send(method, params);
    // Apart from every batch: its failure must be its own.
    const payload: JsonRpcPayload = { id: this.#nextId++, jsonrpc: "2.0", method, params };
    const [answer] = (await this._send(payload)) as Answer[];
    if (answer !== undefined && "result" in answer) return answer.result;
    throw this.getRpcError(payload, answer as JsonRpcError);
  }

  /** The library looks for an error in each result by itself; its type leaves them out. */
  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const calls = Array.isArray(payload) ? payload : [payload];
    const once = calls.some(({ method }) => method === "eth_sendRawTransaction");
    const began = performance.now();
    let retries = 0;
    for (const tried = new Set<Endpoint>(); ;) {
      const endpoint = this.#choose(tried);
      try {
        const answers = await this.#exchange(endpoint, calls);
        [endpoint.badUntil, endpoint.failures] = [0, 0];
        return answers as JsonRpcResult[];
      } catch (error) {
        if (!(error instanceof RpcUnavailableError)) throw error;
        tried.add(endpoint);
        endpoint.badUntil = performance.now() + Math.min(LONGEST_BAD_MS, BAD_FOR_MS * 2 ** endpoint.failures++);
        if (once && !error.unsent) throw error;
        if (tried.size < this.#endpoints.length) continue;
        tried.clear();
        const pauses = error.status === 429 ? THROTTLED_PAUSES_MS : RETRY_PAUSES_MS;
        const pause = once ? undefined : pauses[retries++];
        if (pause === undefined || performance.now() - began > REQUEST_TIMEOUT_MS) throw error;
        // Some gateways answer batches in a way that looks like an outage.
        if (calls.length > 1 && error.status !== 429) limitBatches(endpoint, 1);
        await new Promise((resolve) => setTimeout(resolve, Math.max(pause, error.retryAfterMs ?? 0)));
      }
    }
  }

  #choose(tried: ReadonlySet<Endpoint>): Endpoint {
    const left = this.#endpoints.filter((endpoint) => !tried.has(endpoint));
    const now = performance.now();
    const best = left.find(({ badUntil }) => badUntil <= now) ?? left[0] ?? this.#endpoints[0];
    if (best === undefined) throw new RangeError("an RPC provider needs an address");
    return best;
  }

  async #exchange(endpoint: Endpoint, calls: readonly JsonRpcPayload[]): Promise<Answer[]> {
    if (performance.now() >= endpoint.batchAgainAt) endpoint.batchMax = BATCH_MAX;
    if (calls.length > endpoint.batchMax) return this.#inParts(endpoint, calls);
    const response = await post(endpoint.url, calls.length === 1 ? calls[0] : calls, this.#wholeRequestMs);
    // Some refuse a batch with a status of their own.
    const { statusCode } = response;
    if (calls.length > 1 && statusCode >= 400 && statusCode < 500 && ![401, 403, 429].includes(statusCode)) {
      limitBatches(endpoint, Math.floor(calls.length / 2));
      return this.#inParts(endpoint, calls);
    }
    if (statusCode < 200 || statusCode >= 300) {
      // A refusal of one call can come with a status besides.
      const refusal = calls.length === 1 ? answersOf(response, calls)[0] : undefined;
      if (refusal !== undefined && statusCode < 500 && statusCode !== 429) return [refusal];
      throw withStatus(endpoint.url, response);
    }
    const answers = answersOf(response, calls);
    const missing = calls.filter((_, i) => answers[i] === undefined);
    if (missing.length === 0) return answers.map((answer) => requireUnthrottled(endpoint.url, answer as Answer));
    if (calls.length === 1) throw unreadable(endpoint.url);
    if (missing.length === calls.length) limitBatches(endpoint, Math.floor(calls.length / 2));
    const late = await (missing.length === calls.length
      ? this.#inParts(endpoint, missing)
      : this.#oneByOne(endpoint, missing));
    return answers.map((answer) => answer ?? (late.shift() as Answer));
  }

  async #inParts(endpoint: Endpoint, calls: readonly JsonRpcPayload[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (let from = 0; from < calls.length;) {
      const part = calls.slice(from, from + Math.max(1, endpoint.batchMax));
      for (const answer of await this.#exchange(endpoint, part)) answers.push(answer);
      from += part.length;
    }
    return answers;
  }

  async #oneByOne(endpoint: Endpoint, calls: readonly JsonRpcPayload[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const call of calls) answers.push(...(await this.#exchange(endpoint, [call])));
    return answers;
  }
}

function limitBatches(endpoint: Endpoint, batchMax: number): void {
  endpoint.batchMax = Math.max(1, batchMax);
  endpoint.batchAgainAt = performance.now() + UNBATCHED_FOR_MS;
}

async function post(url: string, body: unknown, wholeMs: number): Promise<FetchResponse> {
  const request = new FetchRequest(url);
  request.timeout = REQUEST_TIMEOUT_MS;
  request.retryFunc = () => Promise.resolve(false);
  request.body = JSON.stringify(body);
  request.setHeader("content-type", "application/json");
  const limit = setTimeout(() => request.cancel(), wholeMs);
  try {
    return await request.send();
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    throw new RpcUnavailableError(`the chain at ${url} does not answer`, {
      cause,
      hint: NO_ANSWER_HINT,
      unsent: code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN",
    });
  } finally {
    clearTimeout(limit);
  }
}

const NO_ANSWER_HINT =
  "check that it runs and that the RPC URL in the network file is right; `orion devnet` starts a local one";
const NO_RPC_HINT = "check that the JSON-RPC of a chain, and nothing else, answers at this address";

function withStatus(url: string, response: FetchResponse): RpcUnavailableError {
  const { statusCode: status, statusMessage } = response;
  const words = statusMessage === "" ? "" : ` (${statusMessage})`;
  const seconds = /^\d{1,4}$/.exec(response.headers["retry-after"] ?? "")?.[0];
  return new RpcUnavailableError(`the chain at ${url} answers with HTTP status ${String(status)}${words}`, {
    status,
    hint: status === 429 ? "it limits requests: wait, or use another RPC (`--rpc`)" : NO_RPC_HINT,
    retryAfterMs: seconds === undefined ? undefined : Math.min(LONGEST_RETRY_AFTER_MS, 1_000 * Number(seconds)),
  });
}

function unreadable(url: string): RpcUnavailableError {
  return new RpcUnavailableError(`the chain at ${url} answers with what is no JSON-RPC`, { hint: NO_RPC_HINT });
}

/** An answer that only says "not so fast" is no answer. */
function requireUnthrottled(url: string, answer: Answer): Answer {
  if (!("error" in answer) || !THROTTLED.test(String(answer.error.message))) return answer;
  throw new RpcUnavailableError(`the chain at ${url} limits requests: ${answer.error.message}`, {
    status: 429,
    hint: "wait, or use another RPC (`--rpc`)",
  });
}

/** The answers in the order of the calls; undefined for each that is missing or not readable. */
function answersOf(response: FetchResponse, calls: readonly JsonRpcPayload[]): (Answer | undefined)[] {
  let body: unknown;
  try {
    body = response.bodyJson as unknown;
  } catch {
    // Cut off, or a page of a gateway.
    return calls.map(() => undefined);
  }
  const list: unknown[] = Array.isArray(body) ? body : [body];
  return calls.map((call) => {
    const sole = calls.length === 1 && list.length === 1 ? list[0] : undefined;
    const found = sole ?? list.find((item) => (item as { id?: unknown } | null)?.id === call.id);
    return isAnswer(found, call.method) ? { ...found, id: call.id } : undefined;
  });
}

function isAnswer(value: unknown, method: string): value is Answer {
  if (typeof value !== "object" || value === null) return false;
  const { error, result } = value as { error?: { message?: unknown } | null; result?: unknown };
  if (typeof error === "object" && error !== null) return true;
  return "result" in value && fitsMethod(method, result);
}
