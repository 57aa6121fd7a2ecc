// Made by `npm run queries` of the operations here and the subgraph's schema: change those and run it.

export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };

export type Incremental<T> = T | { [P in keyof T]?: P extends " $fragmentName" | "__typename" ? T[P] : never };

export type Aggregation_Interval = "hour" | "day";

export type Block_Height = {
  readonly hash?: string | null | undefined;
  readonly number?: number | null | undefined;
  readonly number_gte?: number | null | undefined;
};

export type UnitState = "FREE" | "CLAIMED" | "COMMITTED" | "SETTLED";

export type ClaimState = "CLAIMED" | "COMMITTED" | "SETTLED" | "ACCEPTED" | "EXPIRED" | "FORFEITED";

export type Cause = "PROOF" | "SILENCE";

export type DisputeKind = "OUTPUTS" | "WALK" | "PROOF";

export type ProofKind = "STEP" | "PADDING" | "MISSING_LEAF" | "FIXED_ROOT" | "OTHER";

export type DemandKind = "OUTPUT_HASHES" | "OUTPUT_CHUNKS" | "TRACE" | "TRACE_HASHES" | "TRACE_CHUNK";

export type ReserveState = "PENDING" | "UPHELD" | "REFUTED" | "RELEASED" | "BURNED";
