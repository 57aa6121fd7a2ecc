import { AbortedError, UnavailableError } from "../common/errors.ts";
import { timeLimit } from "../common/time-limit.ts";
import { IndexBehindError, IndexFailedError, QueryError } from "./errors.ts";
import { freshnessQuery } from "./operations/market.ts";
import type { TypedQuery } from "./typed-query.ts";

export interface QueryClientOptions {
  /** Where the subgraph answers GraphQL. */
  readonly url: string;
  /** Sent with every request, such as the key of a hosted index. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal | undefined;
}

/** How far an index is. */
export interface Freshness {
  readonly block: number;
  /** Chain time of that block in seconds; null where the index does not know it. */
  readonly timestamp: number | null;
  /** Of that block; null where the index does not know it. */
  readonly hash: string | null;
  readonly failed: boolean;
}

export interface QueryClient {
  readonly url: string;
  /** @throws UnavailableError, QueryError, IndexFailedError, AbortedError */
  ask<Answer, Variables>(query: TypedQuery<Answer, Variables>, variables: Variables): Promise<Answer>;
  /** Any question, as text; the answer is not checked. */
  askRaw(query: string, variables?: Readonly<Record<string, unknown>>): Promise<unknown>;
  freshness(): Promise<Freshness>;
  /** Resolves when the index has come to this block. @throws IndexBehindError after `timeoutMs` */
  untilBlock(block: number, timeoutMs?: number): Promise<Freshness>;
}

interface Reply {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message?: unknown }[];
}

const REQUEST_TIMEOUT_MS = 30_000;
const DEFAULT_PATIENCE_MS = 30_000;
const POLL_MS = 100;
/** What graph-node answers when the subgraph has failed and the question does not allow for that. */
const FAILED = "indexing_error";
const NOT_THERE = /not found|does not exist|has not started syncing/;

/** Asks an index in GraphQL; runs in Node and in a browser. */
export function createQueryClient(options: QueryClientOptions): QueryClient {
  const { url, signal } = options;
  const askRaw: QueryClient["askRaw"] = async (query, variables = {}) => {
    const { data, errors } = await post(options, JSON.stringify({ query, variables }));
    if (errors === undefined || errors.length === 0) return data;
    throw refusal(
      url,
      errors.map(({ message }) => String(message)),
    );
  };
  const freshness = async (): Promise<Freshness> => {
    const { _meta } = (await askRaw(freshnessQuery)) as { _meta: Meta | null };
    if (_meta === null) throw new UnavailableError(`the index at ${url} does not say how far it is`);
    const { number: block, timestamp, hash } = _meta.block;
    return { block, timestamp, hash, failed: _meta.hasIndexingErrors };
  };
  const untilBlock: QueryClient["untilBlock"] = async (wanted, timeoutMs = DEFAULT_PATIENCE_MS) => {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const now = await freshness();
      if (now.block >= wanted) return now;
      if (now.failed) throw failed(url);
      if (performance.now() >= end) throw new IndexBehindError(now.block, wanted);
      await pause(signal);
    }
  };
  return { url, ask: askRaw as QueryClient["ask"], askRaw, freshness, untilBlock };
}

interface Meta {
  readonly block: { readonly number: number; readonly timestamp: number | null; readonly hash: string | null };
  readonly hasIndexingErrors: boolean;
}

async function post(options: QueryClientOptions, body: string): Promise<Reply> {
  const { url, signal, fetch = globalThis.fetch } = options;
  const headers = { "content-type": "application/json", ...options.headers };
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: timeLimit(REQUEST_TIMEOUT_MS, signal) });
    status = response.status;
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted === true) throw new AbortedError("stopped while the index was asked", { cause });
    throw unavailable(url, "does not answer", cause);
  }
  try {
    const reply: unknown = JSON.parse(text);
    if (typeof reply === "object" && reply !== null && ("data" in reply || "errors" in reply)) return reply as Reply;
  } catch (cause) {
    throw unavailable(url, `answered with status ${status} and no JSON`, cause);
  }
  throw unavailable(url, `answered with status ${status} and no GraphQL`);
}

function refusal(url: string, messages: readonly string[]): Error {
  if (messages.includes(FAILED)) return failed(url);
  const text = messages.join("; ");
  if (NOT_THERE.test(text)) return unavailable(url, `has no such subgraph yet: ${text}`);
  return new QueryError(`the index refuses the question: ${text}`, {
    hint: "docs/QUERIES.md shows questions that it answers; at most 1,000 entities come at a time",
  });
}

function failed(url: string): IndexFailedError {
  return new IndexFailedError(`the index at ${url} met an event that it could not take in, and stands still`, {
    hint: "its graph-node's log says which one; an index of one's own is started with `orion index start`",
  });
}

function unavailable(url: string, what: string, cause?: unknown): UnavailableError {
  return new UnavailableError(`the index at ${url} ${what}`, {
    cause,
    hint: "start one with `orion index start`, or name another with --index, ORION_INDEX_URL or indexUrl in the network file",
  });
}

function pause(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, POLL_MS);
    const stop = (): void => {
      clearTimeout(timer);
      reject(new AbortedError("stopped while waiting for the index"));
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
}
