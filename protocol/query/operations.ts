// Made by `npm run queries` of operations.graphql and the subgraph's schema: change those and run it.
import type { TypedQuery } from "./typed-query.ts";

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends " $fragmentName" | "__typename" ? T[P] : never };
export type Aggregation_Interval = "hour" | "day";

export type Block_Height = {
  readonly hash?: string | null | undefined;
  readonly number?: number | null | undefined;
  readonly number_gte?: number | null | undefined;
};

export type UnitState = "FREE" | "CLAIMED" | "COMMITTED" | "SETTLED";

export type ClaimState = "CLAIMED" | "COMMITTED" | "SETTLED" | "ACCEPTED" | "EXPIRED" | "FORFEITED";

export type Cause = "PROOF" | "TIMEOUT";

export type ProofKind = "STEP" | "PADDING" | "MISSING_LEAF" | "FIXED_ROOT" | "OTHER";

export type FreshnessQueryVariables = Exact<{ [key: string]: never }>;

export type FreshnessQuery = {
  readonly _meta: {
    readonly hasIndexingErrors: boolean;
    readonly block: { readonly number: number; readonly timestamp: number | null; readonly hash: string | null };
  } | null;
};

export type MarketQueryVariables = Exact<{
  block?: Block_Height | null | undefined;
}>;

export type MarketQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly protocol: {
    readonly market: {
      readonly escrow: string;
      readonly tips: string;
      readonly escrowPosted: string;
      readonly paidForWork: string;
      readonly paidTips: string;
      readonly paidFees: string;
      readonly keptFees: string;
      readonly refunded: string;
      readonly tipsRefunded: string;
      readonly collateral: string;
      readonly burned: string;
      readonly compensated: string;
      readonly rewarded: string;
      readonly settledWork: string;
      readonly settledShards: string;
      readonly jobCount: number;
      readonly finishedJobCount: number;
      readonly cancelledJobCount: number;
      readonly claimCount: number;
      readonly settledCount: number;
      readonly expiredCount: number;
      readonly forfeitedCount: number;
      readonly paused: boolean;
    } | null;
    readonly registry: {
      readonly free: string;
      readonly locked: string;
      readonly staked: string;
      readonly withdrawn: string;
      readonly slashed: string;
      readonly providerCount: number;
    } | null;
    readonly judge: {
      readonly disputeCount: number;
      readonly fallenCount: number;
      readonly proofCount: number;
      readonly timeoutCount: number;
      readonly demandCount: number;
      readonly answerCount: number;
    } | null;
    readonly credits: {
      readonly debt: string;
      readonly locked: string;
      readonly minted: string;
      readonly redeemed: string;
      readonly delivered: string;
      readonly openPositionCount: number;
      readonly paused: boolean;
    } | null;
    readonly exchange: { readonly poolCount: number; readonly swapCount: number; readonly paused: boolean } | null;
    readonly orion: { readonly supply: string; readonly burned: string } | null;
    readonly cu: {
      readonly supply: string;
      readonly minted: string;
      readonly burned: string;
      readonly volume: string;
    } | null;
  } | null;
  readonly usdFeeds: ReadonlyArray<{ readonly price: string; readonly updatedAt: string }>;
  readonly creditPools: ReadonlyArray<{
    readonly reserve0: string;
    readonly reserve1: string;
    readonly token0: { readonly symbol: string | null; readonly decimals: number | null };
    readonly token1: { readonly symbol: string | null; readonly decimals: number | null };
  }>;
};

export type JobQueryVariables = Exact<{
  least: string;
  most: string;
  units: number;
  block?: Block_Height | null | undefined;
}>;

export type JobQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly jobs: ReadonlyArray<{
    readonly id: string;
    readonly poster: string;
    readonly payer: string;
    readonly keeper: string;
    readonly postedAt: string;
    readonly finishedAt: string | null;
    readonly published: boolean;
    readonly cancelled: boolean;
    readonly finished: boolean;
    readonly rows: string;
    readonly shards: string;
    readonly unitCount: string;
    readonly shardsPerClaim: string;
    readonly workPerShard: string;
    readonly pricePerShard: string;
    readonly keeperFee: string;
    readonly collateralPerShard: string;
    readonly escrow: string;
    readonly escrowPosted: string;
    readonly tipPot: string;
    readonly paidForWork: string;
    readonly paidTips: string;
    readonly paidFees: string;
    readonly keptFees: string;
    readonly refunded: string;
    readonly tipsRefunded: string;
    readonly burned: string;
    readonly compensated: string;
    readonly rewarded: string;
    readonly unclaimed: string;
    readonly unsettled: string;
    readonly units: ReadonlyArray<{
      readonly index: string;
      readonly from: string;
      readonly to: string;
      readonly state: UnitState;
      readonly attempt: number;
      readonly deadline: string;
      readonly worker: { readonly id: string } | null;
      readonly claim: { readonly id: string; readonly state: ClaimState; readonly claimRoot: string | null } | null;
    }>;
    readonly manifests: ReadonlyArray<{ readonly cid: string; readonly publisher: string }>;
    readonly results: ReadonlyArray<{ readonly cid: string; readonly publisher: string; readonly resultRoot: string }>;
  }>;
};

export type ProviderQueryVariables = Exact<{
  id: string;
  first: number;
  block?: Block_Height | null | undefined;
}>;

export type ProviderQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly provider: {
    readonly id: string;
    readonly since: string;
    readonly profileCid: string | null;
    readonly free: string;
    readonly locked: string;
    readonly staked: string;
    readonly withdrawn: string;
    readonly slashed: string;
    readonly earnedPay: string;
    readonly earnedTips: string;
    readonly earnedFees: string;
    readonly settledWork: string;
    readonly claimCount: number;
    readonly settledCount: number;
    readonly expiredCount: number;
    readonly forfeitedCount: number;
    readonly accounts: ReadonlyArray<{
      readonly market: string;
      readonly free: string;
      readonly locked: string;
      readonly authorised: boolean;
    }>;
    readonly claims: ReadonlyArray<{
      readonly id: string;
      readonly state: ClaimState;
      readonly shards: string;
      readonly collateral: string;
      readonly claimedAt: string;
      readonly pay: string;
      readonly tip: string;
      readonly job: { readonly id: string };
      readonly unit: { readonly index: string };
    }>;
    readonly slashes: ReadonlyArray<{
      readonly amount: string;
      readonly burned: string;
      readonly compensation: string;
      readonly reward: string;
      readonly finder: string;
      readonly timestamp: string;
      readonly transaction: string;
    }>;
  } | null;
};

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

export type DisputesQueryVariables = Exact<{
  leastOpen: number;
  first: number;
  skip: number;
  block?: Block_Height | null | undefined;
}>;

export type DisputesQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly disputes: ReadonlyArray<{
    readonly id: string;
    readonly key: string;
    readonly since: string;
    readonly open: number;
    readonly fallen: boolean;
    readonly closed: boolean;
    readonly holdUntil: string | null;
    readonly cause: Cause | null;
    readonly fallenAt: string | null;
    readonly demandCount: number;
    readonly answerCount: number;
    readonly finder: { readonly id: string } | null;
    readonly claim: {
      readonly id: string;
      readonly shards: string;
      readonly collateral: string;
      readonly state: ClaimState;
      readonly job: { readonly id: string };
      readonly unit: { readonly index: string };
      readonly worker: { readonly id: string };
    } | null;
    readonly proofs: ReadonlyArray<{
      readonly kind: ProofKind;
      readonly node: string;
      readonly position: string;
      readonly claimed: string;
      readonly actual: string;
      readonly transaction: string;
      readonly prover: { readonly id: string };
    }>;
  }>;
};

export type EarningsQueryVariables = Exact<{
  id: string;
  block?: Block_Height | null | undefined;
}>;

export type EarningsQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly provider: {
    readonly earnedPay: string;
    readonly earnedTips: string;
    readonly earnedFees: string;
    readonly settledWork: string;
    readonly settledCount: number;
    readonly slashed: string;
  } | null;
  readonly keeper: { readonly earnedFees: string; readonly keptFees: string; readonly manifestCount: number } | null;
  readonly challenger: { readonly rewards: string; readonly proofCount: number; readonly timeoutCount: number } | null;
};

export type PaymentsQueryVariables = Exact<{
  worker: string;
  before: string;
  first: number;
  block?: Block_Height | null | undefined;
}>;

export type PaymentsQuery = {
  readonly payments: ReadonlyArray<{
    readonly id: string;
    readonly pay: string;
    readonly tip: string;
    readonly fee: string;
    readonly accepted: boolean;
    readonly timestamp: string;
    readonly transaction: string;
    readonly job: { readonly id: string };
    readonly unit: { readonly index: string };
  }>;
};

export type RunQueryVariables = Exact<{
  job: string;
  pool: string;
  farm: string;
}>;

export type RunQuery = {
  readonly job: {
    readonly payments: ReadonlyArray<{
      readonly pay: string;
      readonly tip: string;
      readonly fee: string;
      readonly feeTo: string;
      readonly worker: { readonly id: string };
      readonly unit: { readonly from: string; readonly to: string };
    }>;
    readonly penalties: ReadonlyArray<{
      readonly finder: string | null;
      readonly burned: string;
      readonly compensation: string;
      readonly reward: string;
      readonly worker: { readonly id: string };
      readonly unit: { readonly index: string };
      readonly claim: {
        readonly dispute: {
          readonly proofs: ReadonlyArray<{
            readonly node: string;
            readonly position: string;
            readonly claimed: string;
            readonly actual: string;
          }>;
        } | null;
      };
    }>;
    readonly purchases: ReadonlyArray<{ readonly amountIn: string }>;
    readonly results: ReadonlyArray<{ readonly cid: string; readonly resultRoot: string }>;
  } | null;
  readonly pool: {
    readonly swapCount: number;
    readonly lpFees0: string;
    readonly lpFees1: string;
    readonly token0: { readonly id: string };
  } | null;
  readonly farmChanges: ReadonlyArray<{ readonly account: string | null; readonly orion: string }>;
  readonly usdFeeds: ReadonlyArray<{ readonly price: string }>;
};

export const freshnessQuery = "query Freshness{_meta{block{number timestamp hash}hasIndexingErrors}}" as TypedQuery<
  FreshnessQuery,
  FreshnessQueryVariables
>;
export const marketQuery =
  'query Market($block:Block_height){_meta(block:$block){block{number timestamp}}protocol(id:"0x6f72696f6e" block:$block){market{escrow tips escrowPosted paidForWork paidTips paidFees keptFees refunded tipsRefunded collateral burned compensated rewarded settledWork settledShards jobCount finishedJobCount cancelledJobCount claimCount settledCount expiredCount forfeitedCount paused}registry{free locked staked withdrawn slashed providerCount}judge{disputeCount fallenCount proofCount timeoutCount demandCount answerCount}credits{debt locked minted redeemed delivered openPositionCount paused}exchange{poolCount swapCount paused}orion{supply burned}cu{supply minted burned volume}}usdFeeds(first:1 block:$block){price updatedAt}creditPools:pools(first:1 where:{fee:30 token0_:{symbol_in:["CU" "ORION"]}token1_:{symbol_in:["CU" "ORION"]}}block:$block){reserve0 reserve1 token0{symbol decimals}token1{symbol decimals}}}' as TypedQuery<
    MarketQuery,
    MarketQueryVariables
  >;
export const jobQuery =
  "query Job($least:Bytes!$most:Bytes!$units:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}jobs(first:2 where:{id_gte:$least id_lte:$most}block:$block){id poster payer keeper postedAt finishedAt published cancelled finished rows shards unitCount shardsPerClaim workPerShard pricePerShard keeperFee collateralPerShard escrow escrowPosted tipPot paidForWork paidTips paidFees keptFees refunded tipsRefunded burned compensated rewarded unclaimed unsettled units(first:$units orderBy:index orderDirection:asc){index from to state attempt deadline worker{id}claim{id state claimRoot}}manifests(first:1 orderBy:id orderDirection:asc){cid publisher}results(first:1 orderBy:id orderDirection:desc){cid publisher resultRoot}}}" as TypedQuery<
    JobQuery,
    JobQueryVariables
  >;
export const providerQuery =
  "query Provider($id:ID!$first:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}provider(id:$id block:$block){id since profileCid free locked staked withdrawn slashed earnedPay earnedTips earnedFees settledWork claimCount settledCount expiredCount forfeitedCount accounts(first:100 orderBy:id orderDirection:asc){market free locked authorised}claims(first:$first orderBy:claimedAt orderDirection:desc){id state shards collateral claimedAt pay tip job{id}unit{index}}slashes(first:$first orderBy:id orderDirection:desc){amount burned compensation reward finder timestamp transaction}}}" as TypedQuery<
    ProviderQuery,
    ProviderQueryVariables
  >;
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
export const disputesQuery =
  "query Disputes($leastOpen:Int!$first:Int!$skip:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}disputes(first:$first skip:$skip where:{open_gte:$leastOpen}orderBy:since orderDirection:desc block:$block){id key since open fallen closed holdUntil cause fallenAt demandCount answerCount finder{id}claim{id shards collateral state job{id}unit{index}worker{id}}proofs(first:1 orderBy:id orderDirection:asc){kind node position claimed actual prover{id}transaction}}}" as TypedQuery<
    DisputesQuery,
    DisputesQueryVariables
  >;
export const earningsQuery =
  "query Earnings($id:ID!$block:Block_height){_meta(block:$block){block{number timestamp}}provider(id:$id block:$block){earnedPay earnedTips earnedFees settledWork settledCount slashed}keeper(id:$id block:$block){earnedFees keptFees manifestCount}challenger(id:$id block:$block){rewards proofCount timeoutCount}}" as TypedQuery<
    EarningsQuery,
    EarningsQueryVariables
  >;
export const paymentsQuery =
  "query Payments($worker:String!$before:Bytes!$first:Int!$block:Block_height){payments(first:$first where:{worker:$worker id_lt:$before}orderBy:id orderDirection:desc block:$block){id pay tip fee accepted timestamp transaction job{id}unit{index}}}" as TypedQuery<
    PaymentsQuery,
    PaymentsQueryVariables
  >;
export const runQuery =
  "query Run($job:ID!$pool:ID!$farm:String!){job(id:$job){payments(first:1000 orderBy:id orderDirection:asc){pay tip fee feeTo worker{id}unit{from to}}penalties(first:1000 orderBy:id orderDirection:asc){finder burned compensation reward worker{id}unit{index}claim{dispute{proofs(first:1 orderBy:id orderDirection:asc){node position claimed actual}}}}purchases(first:1 orderBy:id orderDirection:asc){amountIn}results(first:1 orderBy:id orderDirection:desc){cid resultRoot}}pool(id:$pool){swapCount lpFees0 lpFees1 token0{id}}farmChanges(first:1000 where:{farm:$farm move:HARVESTED}){account orion}usdFeeds(first:1){price}}" as TypedQuery<
    RunQuery,
    RunQueryVariables
  >;
