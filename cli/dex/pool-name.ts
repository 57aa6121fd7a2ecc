import { InvalidArgumentError } from "commander";

import { poolKeyOf, type Chain, type PoolKey } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import { hasToken, type Pool } from "@orion/protocol/exchange";

import { pairOf, type Exchange } from "./exchange.ts";
import { formatFee } from "./options.ts";
import { addressOfToken, parseTokenName } from "./tokens.ts";

/** A pool as it is named on the command line: by two tokens, or by its id or the first digits of it. */
export type PoolName = { readonly tokens: readonly [string, string] } | { readonly id: string };

/** `CU/ORION`, two addresses with a slash between them, or an id. */
export function parsePoolName(text: string): PoolName {
  if (/^0x[0-9a-fA-F]{6,64}$/.test(text) && text.length !== 42) return { id: text.toLowerCase() };
  const [one, other, ...more] = text.split("/");
  if (one === undefined || other === undefined || more.length > 0) {
    throw new InvalidArgumentError("Name a pool by its tokens, such as CU/ORION, or by its id.");
  }
  const tokens = [parseTokenName(one), parseTokenName(other)] as const;
  if (tokens[0] === tokens[1]) throw new InvalidArgumentError("A pool has two different tokens.");
  return { tokens };
}

/** The id as it is printed: 64 hexadecimal digits. */
export function formatPoolId(id: bigint): string {
  return `0x${id.toString(16).padStart(64, "0")}`;
}

/** `CU/ORION 0.3%` */
export function poolLabel(chain: Chain, exchange: Exchange, pool: Pool): string {
  const { base, quote } = pairOf(chain, exchange, pool);
  return `${base.symbol}/${quote.symbol} ${formatFee(pool.fee)}`;
}

/**
 * The pool of a name. Of several that join ORION and CU, which anybody can make, the one is meant whose price sets the collateral of credits.
 * @throws InvalidInputError when no pool is meant, or several
 */
export function findPool(chain: Chain, exchange: Exchange, name: PoolName, fee?: number): Pool {
  const matches = exchange.pools.filter((pool) => isMeant(chain, pool, name) && (fee ?? pool.fee) === pool.fee);
  const [only, ...more] = matches;
  if (only === undefined) {
    throw new InvalidInputError(
      `the exchange has no ${fee === undefined ? "" : `${formatFee(fee)} `}pool ${textOf(name)}`,
      {
        hint: "`orion dex pools` lists the pools; `orion dex add` makes a new one",
      },
    );
  }
  if (more.length === 0) return only;
  const canonical = "tokens" in name ? matches.find(({ id }) => id === exchange.canonical) : undefined;
  if (canonical !== undefined) return canonical;
  const labels = matches.map((pool) => poolLabel(chain, exchange, pool)).join(", ");
  throw new InvalidInputError(`${matches.length} pools are meant by ${textOf(name)}: ${labels}`, {
    hint: "say which with --fee, or give more digits of the id",
  });
}

/** The key of the pool of two tokens, which need not exist. */
export function keyOfTokens(chain: Chain, tokens: readonly [string, string], fee: number): PoolKey {
  return poolKeyOf(addressOfToken(chain, tokens[0]), addressOfToken(chain, tokens[1]), fee);
}

function isMeant(chain: Chain, pool: Pool, name: PoolName): boolean {
  if ("id" in name) return formatPoolId(pool.id).startsWith(name.id);
  return name.tokens.every((token) => hasToken(pool, addressOfToken(chain, token)));
}

function textOf(name: PoolName): string {
  return "id" in name ? name.id : name.tokens.join("/");
}
