// Made by `npm run queries` of the operations here and the subgraph's schema: change those and run it.
import type { TypedQuery } from "../typed-query.ts";
import type { Exact, Block_Height, ClaimState } from "./shared-types.ts";

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
    readonly recovered: string;
    readonly workers: ReadonlyArray<{
      readonly id: string;
      readonly isKey: boolean;
      readonly revoked: boolean;
      readonly maxLocked: string;
      readonly locked: string;
      readonly unsettled: number;
      readonly queueEnd: string;
      readonly queued: number;
      readonly claimCount: number;
    }>;
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
      readonly worker: { readonly id: string };
      readonly job: { readonly id: string };
      readonly unit: { readonly index: string };
    }>;
    readonly slashes: ReadonlyArray<{
      readonly amount: string;
      readonly burned: string;
      readonly compensation: string;
      readonly reward: string;
      readonly reserved: string;
      readonly finder: string;
      readonly timestamp: string;
      readonly transaction: string;
    }>;
    readonly reserves: ReadonlyArray<{
      readonly id: string;
      readonly amount: string;
      readonly compensation: string;
      readonly fellAt: string;
      readonly job: { readonly id: string };
      readonly unit: { readonly index: string; readonly verdict: { readonly timestamp: string } | null };
    }>;
  } | null;
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
    readonly recovered: string;
    readonly workers: ReadonlyArray<{
      readonly id: string;
      readonly isKey: boolean;
      readonly revoked: boolean;
      readonly earnedPay: string;
      readonly earnedTips: string;
      readonly earnedFees: string;
      readonly settledCount: number;
      readonly slashed: string;
    }>;
  } | null;
  readonly worker: {
    readonly isKey: boolean;
    readonly revoked: boolean;
    readonly earnedPay: string;
    readonly earnedTips: string;
    readonly earnedFees: string;
    readonly settledWork: string;
    readonly settledCount: number;
    readonly slashed: string;
    readonly provider: { readonly id: string };
  } | null;
  readonly keeper: { readonly earnedFees: string; readonly keptFees: string; readonly manifestCount: number } | null;
  readonly challenger: { readonly rewards: string; readonly proofCount: number; readonly timeoutCount: number } | null;
};

export type PaymentsQueryVariables = Exact<{
  account: string;
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
    readonly worker: { readonly id: string };
  }>;
};

export const providerQuery =
  "query Provider($id:ID!$first:Int!$block:Block_height){_meta(block:$block){block{number timestamp}}provider(id:$id block:$block){id since profileCid free locked staked withdrawn slashed earnedPay earnedTips earnedFees settledWork claimCount settledCount expiredCount forfeitedCount recovered workers(first:100 orderBy:since orderDirection:asc){id isKey revoked maxLocked locked unsettled queueEnd queued claimCount}accounts(first:100 orderBy:id orderDirection:asc){market free locked authorised}claims(first:$first orderBy:claimedAt orderDirection:desc){id state shards collateral claimedAt pay tip worker{id}job{id}unit{index}}slashes(first:$first orderBy:id orderDirection:desc){amount burned compensation reward reserved finder timestamp transaction}reserves(first:$first where:{state:PENDING}orderBy:fellAt orderDirection:desc){id amount compensation fellAt job{id}unit{index verdict{timestamp}}}}}" as TypedQuery<
    ProviderQuery,
    ProviderQueryVariables
  >;
export const earningsQuery =
  "query Earnings($id:ID!$block:Block_height){_meta(block:$block){block{number timestamp}}provider(id:$id block:$block){earnedPay earnedTips earnedFees settledWork settledCount slashed recovered workers(first:1000 orderBy:earnedPay orderDirection:desc){id isKey revoked earnedPay earnedTips earnedFees settledCount slashed}}worker(id:$id block:$block){isKey revoked earnedPay earnedTips earnedFees settledWork settledCount slashed provider{id}}keeper(id:$id block:$block){earnedFees keptFees manifestCount}challenger(id:$id block:$block){rewards proofCount timeoutCount}}" as TypedQuery<
    EarningsQuery,
    EarningsQueryVariables
  >;
export const paymentsQuery =
  "query Payments($account:String!$before:Bytes!$first:Int!$block:Block_height){payments(first:$first where:{or:[{provider:$account id_lt:$before}{worker:$account id_lt:$before}]}orderBy:id orderDirection:desc block:$block){id pay tip fee accepted timestamp transaction job{id}unit{index}worker{id}}}" as TypedQuery<
    PaymentsQuery,
    PaymentsQueryVariables
  >;
