import type { JsonRpcProvider, Log, TopicFilter } from "ethers";

import { UnavailableError } from "../common/errors.ts";
import { nodeMessage } from "./errors.ts";
import { RpcUnavailableError } from "./rpc-provider.ts";
import type { Chain } from "./chain.ts";

/** Which logs. */
export interface LogFilter {
  readonly address: string;
  readonly topics?: TopicFilter;
}

/** Nodes limit the length of a topic list. */
const MOST_TOPICS = 500;

/** Values of one topic in lists that nodes take, each for a question of its own. */
export function topicLists(values: readonly string[]): string[][] {
  const count = Math.ceil(values.length / MOST_TOPICS);
  return Array.from({ length: count }, (_, i) => values.slice(i * MOST_TOPICS, (i + 1) * MOST_TOPICS));
}

/** Logs of a part of the blocks that were asked for. */
export interface LogPart {
  readonly from: number;
  /** The last block that they are of. */
  readonly to: number;
  readonly logs: readonly Log[];
}

/** Largest block range asked for at once, until a refusal or the network file says something else. */
const FIRST_RANGE = 5_000;
/** After so many parts a larger range is tried again: a refusal may have been about a busy time, not about the range. Each time that is in vain it takes twice as many, at most. */
const WIDER_AFTER = 40;
const LATEST_WIDER_AFTER = 640;
/** A node that is behind answers for blocks that it does not have as if they were empty: for the newest blocks it is asked in the same request where it stands. */
const NEW_BLOCKS = 256;
const MOST_LAGGING = 3;

interface Limit {
  range: number;
  /** Parts that were answered since the range changed, and after how many a larger one is tried. */
  granted: number;
  widerAfter: number;
}

const limits = new WeakMap<JsonRpcProvider, Limit>();

/** The block range that an endpoint answers, as far as it is known. */
export function logRangeOf(chain: Chain): number {
  return limitOf(chain).range;
}

function limitOf({ provider, network }: Chain): Limit {
  const known = limits.get(provider);
  if (known !== undefined) return known;
  const made = { range: network.logRange ?? FIRST_RANGE, granted: 0, widerAfter: WIDER_AFTER };
  limits.set(provider, made);
  return made;
}

/**
 * Logs from one block to another, both included, in parts that the endpoint answers. A refusal of a part halves the range, which is remembered
 * for the endpoint; only a single block that is refused is an error.
 * @param most a smaller range to begin with
 * @throws UnavailableError where the nodes that answer do not have the newest of these blocks
 */
export async function* rangedLogs(
  chain: Chain,
  filter: LogFilter,
  first: number,
  last: number,
  most = Infinity,
): AsyncGenerator<LogPart, void, undefined> {
  let next = first;
  for await (const part of coveredLogs(chain, filter, first, last, most)) {
    yield part;
    next = part.to + 1;
  }
  if (next <= last) throw lagging(chain, next - 1, last);
}

/** The same, but it ends early, with an empty part if need be, where the nodes that answer do not have the newest of these blocks. */
export async function* coveredLogs(
  chain: Chain,
  filter: LogFilter,
  first: number,
  last: number,
  most = Infinity,
): AsyncGenerator<LogPart, void, undefined> {
  const limit = limitOf(chain);
  let lags = 0;
  for (let from = first; from <= last;) {
    let range = Math.max(1, Math.min(limit.range, most));
    let refusals = 0;
    for (;;) {
      const to = Math.min(last, from + range - 1);
      try {
        const { logs, covered } = await logsOf(chain, filter, from, to, last - to < NEW_BLOCKS);
        // Remembered only where a smaller range helped: otherwise it was not the range.
        if (range < Math.min(limit.range, most)) narrow(limit, range);
        else widen(limit, chain.network.logRange ?? FIRST_RANGE);
        if (covered >= from) yield { from, to: covered, logs };
        from = covered + 1;
        if (covered < to && ++lags >= MOST_LAGGING) return;
        break;
      } catch (error) {
        if (isOutage(error)) throw error;
        // Once it may have been anything.
        if (refusals++ === 0 && !namesRange(error)) continue;
        if (to === from) throw error;
        range = Math.max(1, Math.floor((to - from + 1) / 2));
      }
    }
  }
}

/** @returns the logs, and the last block that they are of: one before `from` where the node has none of these blocks */
async function logsOf(
  { provider }: Chain,
  filter: LogFilter,
  from: number,
  to: number,
  isNew: boolean,
): Promise<{ logs: readonly Log[]; covered: number }> {
  const asked = provider.getLogs({ ...filter, fromBlock: from, toBlock: to });
  if (!isNew) return { logs: await asked, covered: to };
  // In one batch with the first, where the endpoint takes batches: then the same node answers both.
  const [logs, head] = await Promise.all([asked, provider.getBlockNumber().catch(() => to)]);
  if (head >= to) return { logs, covered: to };
  const covered = Math.max(from - 1, head);
  return { logs: logs.filter(({ blockNumber }) => blockNumber <= covered), covered };
}

/** Nodes that answer are behind what the endpoint showed before. */
export function lagging({ network }: Chain, block: number, seen: number): UnavailableError {
  return new UnavailableError(
    `the chain at ${network.rpcUrl} lags: it shows block ${String(block)}, this process has seen ${String(seen)}`,
    { hint: "it usually catches up by itself; else use another RPC" },
  );
}

function narrow(limit: Limit, range: number): void {
  // A larger range was tried just now, in vain.
  const widerAfter = limit.granted === 0 ? Math.min(2 * limit.widerAfter, LATEST_WIDER_AFTER) : limit.widerAfter;
  Object.assign(limit, { range, granted: 0, widerAfter });
}

function widen(limit: Limit, most: number): void {
  if (++limit.granted < limit.widerAfter || limit.range >= most) return;
  Object.assign(limit, { range: Math.min(2 * limit.range, most), granted: 0 });
}

/** True where the endpoint says itself that it was asked for too much. */
function namesRange(error: unknown): boolean {
  return /range|too many|limit|exceed|larger|more than/i.test(nodeMessage(error));
}

/** What no smaller range mends: nobody answers, or everything is refused for now. */
function isOutage(error: unknown): boolean {
  if (error instanceof RpcUnavailableError) {
    return error.unsent || error.status === 429 || error.status === 401 || error.status === 403;
  }
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ECONNREFUSED" || code === "ENOTFOUND";
}
