// Made by `npm run queries` of the operations here and the subgraph's schema: change those and run it.
import type { TypedQuery } from "../typed-query.ts";
import type { Exact, Block_Height, UnitState, ClaimState } from "./shared-types.ts";

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
      readonly reserved: string;
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
      readonly traceDemandCount: number;
      readonly prepaid: string;
    } | null;
    readonly reserveBook: {
      readonly held: string;
      readonly toFinders: string;
      readonly toPosters: string;
      readonly toProviders: string;
      readonly burned: string;
      readonly reserveCount: number;
      readonly pendingCount: number;
      readonly upheldCount: number;
      readonly refutedCount: number;
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
    readonly collateralPerClaim: string;
    readonly challengers: string;
    readonly attestors: number;
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
    readonly reserved: string;
    readonly unclaimed: string;
    readonly unsettled: string;
    readonly units: ReadonlyArray<{
      readonly index: string;
      readonly from: string;
      readonly to: string;
      readonly state: UnitState;
      readonly attempt: number;
      readonly deadline: string;
      readonly pendingReserves: number;
      readonly worker: { readonly id: string } | null;
      readonly claim: {
        readonly id: string;
        readonly state: ClaimState;
        readonly outputsRoot: string | null;
        readonly provider: { readonly id: string };
      } | null;
      readonly verdict: { readonly timestamp: string } | null;
    }>;
    readonly manifests: ReadonlyArray<{ readonly cid: string; readonly publisher: string }>;
    readonly results: ReadonlyArray<{ readonly cid: string; readonly publisher: string; readonly resultRoot: string }>;
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
      readonly provider: { readonly id: string };
      readonly unit: { readonly from: string; readonly to: string };
    }>;
    readonly penalties: ReadonlyArray<{
      readonly finder: string | null;
      readonly burned: string;
      readonly compensation: string;
      readonly reward: string;
      readonly reserved: string;
      readonly worker: { readonly id: string };
      readonly unit: { readonly index: string };
      readonly claim: {
        readonly dispute: {
          readonly proofs: ReadonlyArray<{
            readonly shard: string;
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
  'query Market($block:Block_height){_meta(block:$block){block{number timestamp}}protocol(id:"0x6f72696f6e" block:$block){market{escrow tips escrowPosted paidForWork paidTips paidFees keptFees refunded tipsRefunded collateral burned compensated rewarded reserved settledWork settledShards jobCount finishedJobCount cancelledJobCount claimCount settledCount expiredCount forfeitedCount paused}registry{free locked staked withdrawn slashed providerCount}judge{disputeCount fallenCount proofCount timeoutCount demandCount answerCount traceDemandCount prepaid}reserveBook{held toFinders toPosters toProviders burned reserveCount pendingCount upheldCount refutedCount}credits{debt locked minted redeemed delivered openPositionCount paused}exchange{poolCount swapCount paused}orion{supply burned}cu{supply minted burned volume}}usdFeeds(first:1 block:$block){price updatedAt}creditPools:pools(first:1 where:{fee:30 token0_:{symbol_in:["CU" "ORION"]}token1_:{symbol_in:["CU" "ORION"]}}block:$block){reserve0 reserve1 token0{symbol decimals}token1{symbol decimals}}}' as TypedQuery<
    MarketQuery,
    MarketQueryVariables
  >;
export const jobQuery =
  "query Job($least:Bytes!$most:Bytes!$units:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}jobs(first:2 where:{id_gte:$least id_lte:$most}block:$block){id poster payer keeper postedAt finishedAt published cancelled finished rows shards unitCount shardsPerClaim workPerShard pricePerShard keeperFee collateralPerClaim challengers attestors escrow escrowPosted tipPot paidForWork paidTips paidFees keptFees refunded tipsRefunded burned compensated rewarded reserved unclaimed unsettled units(first:$units orderBy:index orderDirection:asc){index from to state attempt deadline pendingReserves worker{id}claim{id state outputsRoot provider{id}}verdict{timestamp}}manifests(first:1 orderBy:id orderDirection:asc){cid publisher}results(first:1 orderBy:id orderDirection:desc){cid publisher resultRoot}}}" as TypedQuery<
    JobQuery,
    JobQueryVariables
  >;
export const runQuery =
  "query Run($job:ID!$pool:ID!$farm:String!){job(id:$job){payments(first:1000 orderBy:id orderDirection:asc){pay tip fee feeTo provider{id}unit{from to}}penalties(first:1000 orderBy:id orderDirection:asc){finder burned compensation reward reserved worker{id}unit{index}claim{dispute{proofs(first:1 orderBy:id orderDirection:asc){shard node position claimed actual}}}}purchases(first:1 orderBy:id orderDirection:asc){amountIn}results(first:1 orderBy:id orderDirection:desc){cid resultRoot}}pool(id:$pool){swapCount lpFees0 lpFees1 token0{id}}farmChanges(first:1000 where:{farm:$farm move:HARVESTED}){account orion}usdFeeds(first:1){price}}" as TypedQuery<
    RunQuery,
    RunQueryVariables
  >;
