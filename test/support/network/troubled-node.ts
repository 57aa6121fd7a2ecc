/** One JSON-RPC call as it comes over the wire. */
export interface Call {
  readonly id: number | string | null;
  readonly method: string;
  readonly params?: readonly unknown[];
}

export type Answer = Record<string, unknown>;

/** What goes wrong; a count of how often is counted down where one is given. */
export interface Trouble {
  /** Errors that so many calls of a method get. */
  errors?: Record<string, number>;
  errorCode?: number;
  errorText?: string;
  /** Largest range of `eth_getLogs`, and the error beyond it. */
  getLogsMax?: number;
  getLogsText?: string;
  /** The node is so many blocks behind, or stands still at a block; for these methods only, and for this share of the calls. */
  stale?: number;
  freeze?: number;
  staleOnly?: readonly string[];
  staleShare?: number;
  /** Fixed results. */
  results?: Record<string, unknown>;
  /** So many calls of a method get null. */
  hide?: Record<string, number>;
  /** Transactions are answered with their hash by nobody, and not passed on. */
  swallow?: boolean;
  /** Passes each transaction on twice and answers with the second answer. */
  duplicate?: boolean;
  /** Before it is passed on: answers with this HTTP status. */
  http?: number;
  httpLeft?: number;
  httpOnly?: string;
  /** After it was passed on: answers with this HTTP status. */
  after?: string;
  afterStatus?: number;
  afterLeft?: number;
  /** Closes the connection before or after the call of this method was passed on. */
  dropBefore?: string;
  dropAfter?: string;
  dropLeft?: number;
  /** Refuses larger batches. */
  batchMax?: number;
  batchStatus?: number;
  /** Leaves out the last answer of a batch, or turns the order of the answers round. */
  omit?: boolean;
  reorder?: boolean;
  /** Milliseconds before each answer. */
  delay?: number;
}

/** The same pseudo-random numbers for the same seed, from 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What an endpoint says whose nodes are in trouble, from a healthy node's answers. */
export class TroubledNode {
  readonly #upstream: string;
  readonly #random: () => number;

  constructor(upstream: string, seed = 1) {
    this.#upstream = upstream;
    this.#random = seededRandom(seed);
  }

  /** @param trouble its counts are counted down */
  async answer(call: Call, trouble: Trouble): Promise<Answer> {
    const { id, method, params = [] } = call;
    const errors = trouble.errors?.[method] ?? 0;
    if (errors > 0 && trouble.errors !== undefined) {
      trouble.errors[method] = errors - 1;
      return failure(id, trouble.errorCode ?? -32_000, trouble.errorText ?? "header not found");
    }
    const tooLong = method === "eth_getLogs" ? await this.#rangeRefusal(trouble, params) : undefined;
    if (tooLong !== undefined) return failure(id, -32_600, tooLong);
    const isStale = trouble.stale !== undefined || trouble.freeze !== undefined;
    const named = trouble.staleOnly === undefined || trouble.staleOnly.includes(method);
    if (isStale && named && this.#random() < (trouble.staleShare ?? 1)) return this.#staleAnswer(trouble, call);
    if (trouble.results !== undefined && method in trouble.results) return success(id, trouble.results[method]);
    const hidden = trouble.hide?.[method] ?? 0;
    if (hidden > 0 && trouble.hide !== undefined) {
      trouble.hide[method] = hidden - 1;
      return success(id, null);
    }
    if (method === "eth_sendRawTransaction") {
      if (trouble.swallow === true) return success(id, `0x${"00".repeat(32)}`);
      if (trouble.duplicate === true) await this.#pass(call);
    }
    return this.#pass(call);
  }

  async #rangeRefusal(trouble: Trouble, params: readonly unknown[]): Promise<string | undefined> {
    const most = trouble.getLogsMax;
    if (most === undefined) return undefined;
    const { fromBlock, toBlock } = params[0] as { fromBlock?: string; toBlock?: string };
    if (fromBlock === undefined || toBlock === undefined) return undefined;
    const head = await this.#head();
    const number = (block: string): number => (block === "latest" ? head : Number(block));
    if (number(toBlock) - number(fromBlock) < most) return undefined;
    return trouble.getLogsText ?? `eth_getLogs is limited to a ${String(most)} block range`;
  }

  async #head(): Promise<number> {
    return Number(await this.#result("eth_blockNumber", []));
  }

  /** What a node says that is behind. */
  async #staleAnswer(trouble: Trouble, call: Call): Promise<Answer> {
    const { id, method, params = [] } = call;
    const head = trouble.freeze ?? Math.max(0, (await this.#head()) - (trouble.stale ?? 0));
    const at = `0x${head.toString(16)}`;
    if (method === "eth_blockNumber") return success(id, at);
    if (method === "eth_getBlockByNumber") {
      const [block, full] = params;
      if (block === "latest" || block === "pending") return this.#pass({ ...call, params: [at, full] });
      return Number(block) > head ? success(id, null) : this.#pass(call);
    }
    if (method === "eth_getLogs") return this.#staleLogs(call, head);
    if (method === "eth_getTransactionReceipt") {
      const receipt = (await this.#result(method, params)) as { blockNumber: string } | null;
      return success(id, receipt === null || Number(receipt.blockNumber) > head ? null : receipt);
    }
    if (["eth_call", "eth_getTransactionCount", "eth_getCode", "eth_getBalance", "eth_estimateGas"].includes(method)) {
      return this.#pass({ ...call, params: [params[0], at] });
    }
    return this.#pass(call);
  }

  async #staleLogs(call: Call, head: number): Promise<Answer> {
    const { fromBlock, toBlock, blockHash, ...rest } = (call.params ?? [])[0] as Record<string, string>;
    if (blockHash !== undefined) {
      const block = (await this.#result("eth_getBlockByHash", [blockHash, false])) as { number: string } | null;
      if (block === null || Number(block.number) > head) return failure(call.id, -32_000, "unknown block");
      return this.#pass(call);
    }
    if (Number(fromBlock) > head) return success(call.id, []);
    const to = Math.min(Number(toBlock), head);
    return this.#pass({ ...call, params: [{ ...rest, fromBlock, toBlock: `0x${to.toString(16)}` }] });
  }

  async #pass(call: Call): Promise<Answer> {
    const response = await fetch(this.#upstream, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", ...call }),
    });
    return { ...((await response.json()) as Answer), id: call.id };
  }

  async #result(method: string, params: readonly unknown[]): Promise<unknown> {
    return (await this.#pass({ id: 1, method, params })).result;
  }
}

function failure(id: Call["id"], code: number, message: string): Answer {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

function success(id: Call["id"], result: unknown): Answer {
  return { jsonrpc: "2.0", id, result };
}
