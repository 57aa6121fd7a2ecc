import { poolIdOf, type Chain, type PoolKey } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import { depositOf, LOCKED_SHARES, matching, type Deposit, type Pool, type Ratio } from "@orion/protocol/exchange";

import { formatAmount, formatPercent } from "../core/amounts.ts";
import { amountOption } from "../core/options.ts";
import { facts } from "../core/table.ts";
import type { TokenInfo } from "../core/token-info.ts";
import { pairOf, readExchange, type Exchange } from "./exchange.ts";
import { formatPrice, priceJson } from "./figures.ts";
import { formatFee } from "./options.ts";
import { findPool, formatPoolId, keyOfTokens, type PoolName } from "./pool-name.ts";
import { leastOf, mostOf } from "./slippage.ts";
import { resolveToken } from "./tokens.ts";

/** What somebody wants to add, as typed. */
export interface AddRequest {
  readonly pool: PoolName;
  /** Basis points; names one of several pools, or that of a new one. */
  readonly fee?: number;
  /** Amounts of the tokens in the order in which the pool was named. */
  readonly first?: string;
  readonly second?: string;
  /** Basis points. */
  readonly slippage: number;
}

/** A deposit: what it takes and gives as the pool stands, and the worst that is accepted. */
export interface AddPlan {
  /** The pool before; its supply is 0 where it does not exist yet. */
  readonly pool: Pool;
  readonly isNew: boolean;
  /** In the order in which the pool was named. */
  readonly first: TokenInfo;
  readonly second: TokenInfo;
  readonly deposit: Deposit;
  readonly most0: bigint;
  readonly most1: bigint;
  readonly minShares: bigint;
}

/** @throws InvalidInputError for amounts that buy nothing, and for a new pool that is not fully described */
export async function planAdd(chain: Chain, request: AddRequest): Promise<AddPlan> {
  const exchange = await readExchange(chain);
  const { pool, isNew } = poolOf(chain, exchange, request);
  const [first, second] = await namedTokens(chain, exchange, request.pool, pool);
  const amounts = {
    first: amountOf("--first <amount>", request.first, first),
    second: amountOf("--second <amount>", request.second, second),
  };
  const isFirst0 = first.address === pool.token0;
  const [given0, given1] = isFirst0 ? [amounts.first, amounts.second] : [amounts.second, amounts.first];
  if (isNew && (given0 === undefined || given1 === undefined)) {
    throw new InvalidInputError("a new pool needs both amounts: their ratio is its price", {
      hint: "give --first and --second",
    });
  }
  const [most0, most1] = mostAmounts(pool, given0, given1, request.slippage);
  const deposit = depositOf(pool, most0, most1);
  const minShares = isNew ? deposit.shares : leastOf(deposit.shares, request.slippage);
  return { pool, isNew, first, second, deposit, most0, most1, minShares };
}

function poolOf(chain: Chain, exchange: Exchange, { pool: name, fee }: AddRequest): { pool: Pool; isNew: boolean } {
  if ("id" in name || fee === undefined) return { pool: findPool(chain, exchange, name, fee), isNew: false };
  const key = keyOfTokens(chain, name.tokens, fee);
  const id = poolIdOf(key);
  const found = exchange.pools.find((pool) => pool.id === id);
  return found === undefined ? { pool: emptyPool(key, id), isNew: true } : { pool: found, isNew: false };
}

function emptyPool(key: PoolKey, id: bigint): Pool {
  return { ...key, id, reserve0: 0n, reserve1: 0n, supply: 0n, protocolPart: 0 };
}

/** In the order of the name; for an id, in the order in which the pool is listed. */
async function namedTokens(
  chain: Chain,
  exchange: Exchange,
  name: PoolName,
  pool: Pool,
): Promise<[TokenInfo, TokenInfo]> {
  if ("tokens" in name) {
    const [first, second] = name.tokens;
    return Promise.all([resolveToken(chain, first), resolveToken(chain, second)]);
  }
  const { base, quote } = pairOf(chain, exchange, pool);
  return [base, quote];
}

function amountOf(flags: string, text: string | undefined, token: TokenInfo): bigint | undefined {
  return text === undefined ? undefined : amountOption(flags, text, token);
}

/** The most of each token that may be taken: what was given, and of a token that was not given what goes with the other, and some for a price that moves. */
function mostAmounts(
  { reserve0, reserve1 }: Pool,
  given0: bigint | undefined,
  given1: bigint | undefined,
  slippage: number,
): [bigint, bigint] {
  if (given0 !== undefined) return [given0, given1 ?? mostOf(matching(given0, reserve0, reserve1), slippage)];
  if (given1 !== undefined) return [mostOf(matching(given1, reserve1, reserve0), slippage), given1];
  throw new InvalidInputError("give --first or --second: how much of a token to add", {
    hint: "of an existing pool one amount is enough; the other follows from its price",
  });
}

export function addJson({ pool, isNew, deposit, most0, most1, minShares, first, second }: AddPlan): object {
  return {
    pool: formatPoolId(pool.id),
    newPool: isNew,
    token0: pool.token0,
    token1: pool.token1,
    feePercent: pool.fee / 100,
    ...deposit,
    maxAmount0: most0,
    maxAmount1: most1,
    minShares,
    price: priceJson(priceOf({ pool, deposit, first }), first, second),
  };
}

/** What the provider is about to agree to. */
export function addLines(plan: AddPlan): string[] {
  const { pool, isNew, first, second, deposit, minShares } = plan;
  const isFirst0 = first.address === pool.token0;
  const [one, other] = isFirst0 ? [deposit.amount0, deposit.amount1] : [deposit.amount1, deposit.amount0];
  const supply = pool.supply + deposit.shares + (isNew ? LOCKED_SHARES : 0n);
  return facts([
    ["pool", `${first.symbol}/${second.symbol} ${formatFee(pool.fee)}${isNew ? ", new: you set its price" : ""}`],
    ["price", `${formatPrice(priceOf(plan), first, second)} per ${first.symbol}`],
    ["add", `${formatAmount(one, first)} and ${formatAmount(other, second)}`],
    ["get", `${deposit.shares} shares, at least ${minShares}: ${formatPercent(deposit.shares, supply)} of the pool`],
  ]);
}

/** Price of the first token in the second that the deposit is made at. */
function priceOf({ pool, deposit, first }: Pick<AddPlan, "pool" | "deposit" | "first">): Ratio {
  const [amount0, amount1] = pool.supply === 0n ? [deposit.amount0, deposit.amount1] : [pool.reserve0, pool.reserve1];
  return first.address === pool.token0
    ? { numerator: amount1, denominator: amount0 }
    : { numerator: amount0, denominator: amount1 };
}
