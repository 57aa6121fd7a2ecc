// Made by `npm run queries` of the operations here and the subgraph's schema: change those and run it.
import type { TypedQuery } from "../typed-query.ts";
import type { Exact, Aggregation_Interval, Block_Height } from "./shared-types.ts";

export type PoolsQueryVariables = Exact<{
  first: number;
  skip: number;
  block?: Block_Height | null | undefined;
}>;

export type PoolsQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly usdFeeds: ReadonlyArray<{ readonly price: string; readonly updatedAt: string }>;
  readonly pools: ReadonlyArray<{
    readonly id: string;
    readonly fee: number;
    readonly reserve0: string;
    readonly reserve1: string;
    readonly swapCount: number;
    readonly token0: { readonly id: string; readonly symbol: string | null; readonly decimals: number | null };
    readonly token1: { readonly id: string; readonly symbol: string | null; readonly decimals: number | null };
  }>;
};

export type PoolQueryVariables = Exact<{
  least: string;
  most: string;
  first: number;
  block?: Block_Height | null | undefined;
}>;

export type PoolQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly usdFeeds: ReadonlyArray<{ readonly price: string; readonly updatedAt: string }>;
  readonly pools: ReadonlyArray<{
    readonly id: string;
    readonly fee: number;
    readonly createdAt: string;
    readonly reserve0: string;
    readonly reserve1: string;
    readonly shares: string;
    readonly price0: string;
    readonly price1: string;
    readonly volume0: string;
    readonly volume1: string;
    readonly lpFees0: string;
    readonly lpFees1: string;
    readonly protocolFees0: string;
    readonly protocolFees1: string;
    readonly protocolPart: number;
    readonly swapCount: number;
    readonly liquidityChangeCount: number;
    readonly token0: { readonly id: string; readonly symbol: string | null; readonly decimals: number | null };
    readonly token1: { readonly id: string; readonly symbol: string | null; readonly decimals: number | null };
    readonly swaps: ReadonlyArray<{
      readonly timestamp: string;
      readonly amount0: string;
      readonly amount1: string;
      readonly priceBefore: string;
      readonly priceAfter: string;
      readonly lpFee: string;
      readonly protocolFee: string;
      readonly to: string;
      readonly transaction: string;
      readonly tokenIn: { readonly id: string };
    }>;
    readonly positions: ReadonlyArray<{ readonly account: string; readonly shares: string }>;
  }>;
};

export type CandlesQueryVariables = Exact<{
  pool: string;
  interval: Aggregation_Interval;
  first: number;
  block?: Block_Height | null | undefined;
}>;

export type CandlesQuery = {
  readonly candles: ReadonlyArray<{
    readonly timestamp: string;
    readonly open: string;
    readonly high: string;
    readonly low: string;
    readonly close: string;
    readonly volume0: string;
    readonly volume1: string;
    readonly swaps: number;
  }>;
};

export const poolsQuery =
  "query Pools($first:Int!$skip:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}usdFeeds(first:1 block:$block){price updatedAt}pools(first:$first skip:$skip orderBy:createdAt orderDirection:asc block:$block){id fee reserve0 reserve1 swapCount token0{id symbol decimals}token1{id symbol decimals}}}" as TypedQuery<
    PoolsQuery,
    PoolsQueryVariables
  >;
export const poolQuery =
  "query Pool($least:Bytes!$most:Bytes!$first:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}usdFeeds(first:1 block:$block){price updatedAt}pools(first:2 where:{id_gte:$least id_lte:$most}block:$block){id fee createdAt reserve0 reserve1 shares price0 price1 volume0 volume1 lpFees0 lpFees1 protocolFees0 protocolFees1 protocolPart swapCount liquidityChangeCount token0{id symbol decimals}token1{id symbol decimals}swaps(first:$first orderBy:id orderDirection:desc){timestamp amount0 amount1 priceBefore priceAfter lpFee protocolFee to transaction tokenIn{id}}positions(first:$first orderBy:shares orderDirection:desc){account shares}}}" as TypedQuery<
    PoolQuery,
    PoolQueryVariables
  >;
export const candlesQuery =
  "query Candles($pool:String!$interval:Aggregation_interval!$first:Int!$block:Block_height){candles(interval:$interval first:$first where:{pool:$pool}orderBy:timestamp orderDirection:desc block:$block){timestamp open high low close volume0 volume1 swaps}}" as TypedQuery<
    CandlesQuery,
    CandlesQueryVariables
  >;
