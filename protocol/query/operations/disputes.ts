// Made by `npm run queries` of the operations here and the subgraph's schema: change those and run it.
import type { TypedQuery } from "../typed-query.ts";
import type {
  Exact,
  Block_Height,
  UnitState,
  ClaimState,
  Cause,
  DisputeKind,
  ProofKind,
  DemandKind,
  ReserveState,
} from "./shared-types.ts";

export type DisputesQueryVariables = Exact<{
  leastOpen: number;
  fallen: ReadonlyArray<boolean> | boolean;
  first: number;
  skip: number;
  block?: Block_Height | null | undefined;
}>;

export type DisputesQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly disputes: ReadonlyArray<{
    readonly id: string;
    readonly key: string;
    readonly kind: DisputeKind;
    readonly since: string;
    readonly open: number;
    readonly near: number;
    readonly queued: number;
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
      readonly worker: { readonly id: string; readonly queueEnd: string; readonly queued: number };
      readonly provider: { readonly id: string };
      readonly reserve: { readonly state: ReserveState; readonly amount: string; readonly compensation: string } | null;
    } | null;
    readonly waiting: ReadonlyArray<{
      readonly kind: DemandKind;
      readonly shard: string | null;
      readonly queued: boolean | null;
      readonly deadline: string;
      readonly prepaid: string;
      readonly payer: { readonly id: string };
    }>;
    readonly traces: ReadonlyArray<{
      readonly shard: string;
      readonly shardRoot: string | null;
      readonly answeredAt: string | null;
      readonly demand: { readonly deadline: string };
    }>;
    readonly proofs: ReadonlyArray<{
      readonly kind: ProofKind;
      readonly shard: string;
      readonly node: string;
      readonly position: string;
      readonly claimed: string;
      readonly actual: string;
      readonly transaction: string;
      readonly prover: { readonly id: string };
    }>;
  }>;
};

export type ReservesQueryVariables = Exact<{
  states: ReadonlyArray<ReserveState> | ReserveState;
  first: number;
  skip: number;
  block?: Block_Height | null | undefined;
}>;

export type ReservesQuery = {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
  readonly reserves: ReadonlyArray<{
    readonly id: string;
    readonly state: ReserveState;
    readonly fellAt: string;
    readonly endedAt: string | null;
    readonly amount: string;
    readonly compensation: string;
    readonly toFinder: string;
    readonly toPoster: string;
    readonly toProvider: string;
    readonly burned: string;
    readonly poster: string;
    readonly worker: { readonly id: string };
    readonly provider: { readonly id: string };
    readonly finder: { readonly id: string };
    readonly job: { readonly id: string; readonly cancelled: boolean };
    readonly claim: { readonly outputsRoot: string | null };
    readonly unit: {
      readonly index: string;
      readonly state: UnitState;
      readonly verdict: {
        readonly timestamp: string;
        readonly claim: { readonly id: string; readonly outputsRoot: string | null } | null;
      } | null;
    };
  }>;
};

export const disputesQuery =
  "query Disputes($leastOpen:Int!$fallen:[Boolean!]!$first:Int!$skip:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}disputes(first:$first skip:$skip where:{open_gte:$leastOpen fallen_in:$fallen}orderBy:since orderDirection:desc block:$block){id key kind since open near queued fallen closed holdUntil cause fallenAt demandCount answerCount finder{id}claim{id shards collateral state job{id}unit{index}worker{id queueEnd queued}provider{id}reserve{state amount compensation}}waiting:demands(first:100 where:{state:OPEN}orderBy:deadline orderDirection:asc){kind shard queued deadline prepaid payer{id}}traces(first:100 orderBy:shard orderDirection:asc){shard shardRoot answeredAt demand{deadline}}proofs(first:1 orderBy:id orderDirection:asc){kind shard node position claimed actual prover{id}transaction}}}" as TypedQuery<
    DisputesQuery,
    DisputesQueryVariables
  >;
export const reservesQuery =
  "query Reserves($states:[ReserveState!]!$first:Int!$skip:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}reserves(first:$first skip:$skip where:{state_in:$states}orderBy:fellAt orderDirection:desc block:$block){id state fellAt endedAt amount compensation toFinder toPoster toProvider burned poster worker{id}provider{id}finder{id}job{id cancelled}claim{outputsRoot}unit{index state verdict{timestamp claim{id outputsRoot}}}}}" as TypedQuery<
    ReservesQuery,
    ReservesQueryVariables
  >;
