import type { Fault, Refusal } from "../network/http-proxy.ts";
import type { Trouble } from "../network/troubled-node.ts";
import { rollsOf, type Rolls } from "./rolls.ts";

/** How often each fault of a way to a server happens, from 0 to 1. */
export interface Weather {
  readonly delay: number;
  /** Milliseconds of a delay at most. */
  readonly delayMs: number;
  readonly dropBefore: number;
  readonly dropAfter: number;
  readonly throttle: number;
  readonly gatewayBefore: number;
  readonly gatewayAfter: number;
  readonly damage: number;
  readonly cut: number;
  readonly drip: number;
  readonly twice: number;
}

/** Besides, what the nodes behind a JSON-RPC address do. */
export interface RpcWeather extends Weather {
  /** Blocks that the second node is behind, and its part of the answers. */
  readonly lag: number;
  readonly lagShare: number;
  /** Blocks that `eth_getLogs` gives at most; no limit at 0. */
  readonly logRange: number;
  /** Calls that get an error of a node, receipts that are missing, and batches with answers left out or in another order. */
  readonly errors: number;
  readonly hidden: number;
  readonly omit: number;
  readonly reorder: number;
}

/** Blocks that a node is behind at most. */
export const MOST_LAG = 12;
const KINDS = [
  "delay",
  "dropBefore",
  "dropAfter",
  "throttle",
  "gatewayBefore",
  "gatewayAfter",
  "damage",
  "cut",
  "drip",
  "twice",
] as const;
const LAST = { damage: "damage", cut: "cut", drip: "drip" } as const;

/** A way on which nothing goes wrong. */
export const FINE: Weather = {
  ...(Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<(typeof KINDS)[number], number>),
  delayMs: 0,
};

/** A way on which some faults happen, others not. */
export function weatherOf(rolls: Rolls): Weather {
  const severity = rolls.pick([0.01, 0.03, 0.08]);
  const rates = KINDS.map((kind) => [kind, rolls.chance(0.6) ? severity * (0.5 + rolls.next()) : 0] as const);
  return { ...(Object.fromEntries(rates) as Record<(typeof KINDS)[number], number>), delayMs: rolls.whole(10, 400) };
}

export function rpcWeatherOf(rolls: Rolls): RpcWeather {
  const some = (rate: number): number => (rolls.chance(0.5) ? rate * (0.2 + rolls.next()) : 0);
  return {
    ...weatherOf(rolls),
    lag: rolls.chance(0.5) ? rolls.whole(1, MOST_LAG) : 0,
    lagShare: rolls.pick([0.1, 0.3, 0.5]),
    logRange: rolls.chance(0.4) ? rolls.whole(20, 500) : 0,
    errors: some(0.03),
    hidden: some(0.2),
    omit: some(0.1),
    reorder: some(0.5),
  };
}

const THROTTLED: Refusal = { status: 429, headers: { "retry-after": "0" }, body: "slow down" };
const THROTTLED_FOR_LONG: Refusal = { status: 429, headers: { "retry-after": "1" }, body: "slow down" };

/** What goes wrong with the request of this number on a way with a name, whatever came before it. */
export function faultOf(weather: Weather, seed: number, way: string, number: number, damage: Damage): Fault {
  const rolls = rollsOf(seed, way, number);
  const delayed = rolls.chance(weather.delay) ? { delayMs: rolls.whole(1, weather.delayMs) } : {};
  const gateway: Refusal = { status: rolls.pick([500, 502, 503, 504]), body: "<html>bad gateway</html>" };
  if (rolls.chance(weather.dropBefore)) return { ...delayed, before: "drop" };
  if (rolls.chance(weather.throttle)) {
    return { ...delayed, before: rolls.chance(0.1) ? THROTTLED_FOR_LONG : THROTTLED };
  }
  if (rolls.chance(weather.gatewayBefore)) return { ...delayed, before: gateway };
  const twice = rolls.chance(weather.twice) ? { twice: true } : {};
  if (rolls.chance(weather.dropAfter)) return { ...delayed, ...twice, after: "drop" };
  if (rolls.chance(weather.gatewayAfter)) return { ...delayed, ...twice, after: gateway };
  const last = [LAST.damage, LAST.cut, LAST.drip].find((kind) => rolls.chance(weather[kind]));
  return { ...delayed, ...twice, ...lastFault(last, rolls, damage) };
}

/** Changes an answer's bytes, where the rolls say. */
export type Damage = (body: Buffer, rolls: Rolls) => Buffer;

/** Content that no longer hashes to its address. */
export const flipBits: Damage = (body, rolls) => {
  for (let i = rolls.whole(1, 4); i > 0 && body.length > 0; i--) {
    const at = rolls.whole(0, body.length - 1);
    body[at] = (body[at] ?? 0) ^ (1 << rolls.whole(0, 7));
  }
  return body;
};

/** Text that is no JSON any more: what a damaged digit says nobody could tell from the truth. */
export const breakJson: Damage = (body, rolls) => {
  if (body.length > 0) body[rolls.whole(0, body.length - 1)] = 0;
  return body;
};

function lastFault(kind: keyof typeof LAST | undefined, rolls: Rolls, damage: Damage): Fault {
  switch (kind) {
    case "damage":
      return { damage: (body) => damage(body, rolls) };
    case "cut":
      return { cutAt: rolls.next() };
    case "drip":
      return { drip: { pieces: rolls.whole(2, 12), pauseMs: rolls.whole(1, 30) } };
    case undefined:
      return {};
  }
}

const NODE_ERRORS = ["header not found", "transaction indexing is in progress", "missing trie node", "internal error"];

/** What the node says that answers the request of this number. */
export function troubleOf(weather: RpcWeather, seed: number, way: string, number: number): Trouble {
  const rolls = rollsOf(seed, `${way}/node`, number);
  const reads = ["eth_call", "eth_getTransactionReceipt", "eth_getLogs", "eth_getBlockByNumber", "eth_estimateGas"];
  return {
    ...(weather.lag > 0 && rolls.chance(weather.lagShare) ? { stale: weather.lag } : {}),
    ...(weather.logRange > 0 ? { getLogsMax: weather.logRange } : {}),
    ...(rolls.chance(weather.errors) ? { errors: { [rolls.pick(reads)]: 1 }, errorText: rolls.pick(NODE_ERRORS) } : {}),
    ...(rolls.chance(weather.hidden) ? { hide: { eth_getTransactionReceipt: 20 } } : {}),
    omit: rolls.chance(weather.omit),
    reorder: rolls.chance(weather.reorder),
  };
}
