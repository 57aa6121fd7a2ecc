import { BASIS_POINTS, POOL_FEES, poolIdOf, poolKeyOf, reading, type Chain } from "@orion/protocol/chain";
import { RevertError } from "@orion/protocol/common";

export interface Hop {
  readonly tokenOut: string;
  readonly fee: number;
}

/** A pool as a trade passes it. */
export interface PassedPool {
  readonly id: bigint;
  readonly fee: number;
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
}

export interface Route {
  readonly tokenIn: string;
  readonly hops: readonly Hop[];
  readonly pools: readonly PassedPool[];
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/** What one pool holds for a trade in one direction; nothing for a pool that does not exist. */
type FindPool = (tokenIn: string, tokenOut: string, fee: number) => Promise<PassedPool>;

/**
 * The route that takes least of `tokenIn` for `amountOut`: direct, or with ORION or CU between, through pools of any fee.
 * Undefined where none gives so much.
 */
export async function cheapestRoute(
  chain: Chain,
  tokenIn: string,
  tokenOut: string,
  amountOut: bigint,
): Promise<Route | undefined> {
  const { orion, credits } = chain.network.addresses;
  const between = [orion, credits].filter((token) => token !== tokenIn && token !== tokenOut);
  const find = poolFinder(chain);
  const paths = [[tokenIn, tokenOut], ...between.map((middle) => [tokenIn, middle, tokenOut])];
  const routes = await Promise.all(paths.map((path) => alongPath(find, path)));
  const quoted = await Promise.all(routes.flat().map((pools) => quote(chain, tokenIn, pools, amountOut)));
  const possible = quoted.filter((route) => route !== undefined);
  return possible.reduce<Route | undefined>(
    (best, route) => (best === undefined || route.amountIn < best.amountIn ? route : best),
    undefined,
  );
}

/** ORION, or another token, for one whole unit of what is bought, as the reserves stand and without fees: `× one / 1`. */
export function spotPrice({ pools }: Pick<Route, "pools">, one: bigint): bigint {
  const num = pools.reduce((product, { reserveIn }) => product * reserveIn, one);
  return ceilDiv(
    num,
    product(pools, ({ reserveOut }) => reserveOut),
  );
}

/** What a route's fees take of its input, each of what is left at its pool, rounded up. */
export function feesOf({ pools, amountIn }: Pick<Route, "pools" | "amountIn">): bigint {
  const left = product(pools, ({ fee }) => BigInt(BASIS_POINTS - fee));
  return amountIn - (amountIn * left) / BigInt(BASIS_POINTS) ** BigInt(pools.length);
}

type Leg = PassedPool & { readonly tokenOut: string };

async function alongPath(find: FindPool, path: readonly string[]): Promise<Leg[][]> {
  let routes: Leg[][] = [[]];
  for (let i = 1; i < path.length; i++) {
    const [from = "", to = ""] = path.slice(i - 1, i + 1);
    const pools = await Promise.all(POOL_FEES.map((fee) => find(from, to, fee)));
    const legs = pools.filter(({ reserveOut }) => reserveOut > 0n).map((pool) => ({ ...pool, tokenOut: to }));
    routes = routes.flatMap((route) => legs.map((leg) => [...route, leg]));
  }
  return routes;
}

function poolFinder(chain: Chain): FindPool {
  return async (tokenIn, tokenOut, fee) => {
    const key = poolKeyOf(tokenIn, tokenOut, fee);
    const id = poolIdOf(key);
    const [reserve0, reserve1] = await reading(chain, () => chain.contracts.dex.reservesOf(id));
    const [reserveIn, reserveOut] = key.token0 === tokenIn ? [reserve0, reserve1] : [reserve1, reserve0];
    return { id, fee, reserveIn, reserveOut };
  };
}

async function quote(chain: Chain, tokenIn: string, legs: readonly Leg[], out: bigint): Promise<Route | undefined> {
  const hops = legs.map(({ tokenOut, fee }) => ({ tokenOut, fee }));
  const pools = legs.map(({ id, fee, reserveIn, reserveOut }) => ({ id, fee, reserveIn, reserveOut }));
  try {
    const amountIn = await reading(chain, () => chain.contracts.dex.quoteExactOut(tokenIn, hops, out));
    return { tokenIn, hops, pools, amountIn, amountOut: out };
  } catch (error) {
    // A pool on the way holds too little.
    if (error instanceof RevertError) return undefined;
    throw error;
  }
}

function product(pools: readonly PassedPool[], factor: (pool: PassedPool) => bigint): bigint {
  return pools.reduce((all, pool) => all * factor(pool), 1n);
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
