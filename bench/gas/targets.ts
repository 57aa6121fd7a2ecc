/** Most gas that an action may take; what the network promises. */
export const TARGETS: Readonly<Record<string, number>> = {
  post: 130_000,
  manifest: 50_000,
  claim: 90_000,
  commit: 65_000,
  settle: 85_000,
  "job of one shard": 350_000,
  "job of 64 shards in one claim, per shard": 5_500,
};

/** What the nearest networks take for the same, measured on their public deployments. */
export const PEERS: readonly { readonly name: string; readonly gas: number; readonly beside: string }[] = [
  { name: "iExec PoCo, one task, all transactions", gas: 1_420_000, beside: "job of one shard" },
  { name: "Lilypad v2, one job, all transactions", gas: 1_800_000, beside: "job of one shard" },
  { name: "iExec PoCo, per task in a bag of ten", gas: 824_000, beside: "job of ten units of one shard, per unit" },
];
