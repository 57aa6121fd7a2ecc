import { id, ZeroAddress, ZeroHash } from "ethers";

import { UnitTable, type JobRecord, type Terms } from "@orion/protocol/chain";

const POSTER = "0x1111111111111111111111111111111111111111";
const WORKER = "0x2222222222222222222222222222222222222222";

/** A job as the market's events show it, of which the first so many units are committed. @param windowEnd chain time, of all claims */
export function jobOf(name: string, claims: number, windowEnd: number, terms: Partial<Terms> = {}): JobRecord {
  const full: Terms = {
    ...{ poster: POSTER, salt: id(name), programRoot: id("p"), dataset: id(`dataset ${name}`), inputsRoot: id("i") },
    ...{ challengers: ZeroHash, rows: 64n, shards: 64, shardsPerClaim: 1, workPerShard: 1_000n, pricePerShard: 1_000n },
    ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n, options: 1, ...terms },
  };
  const units = new UnitTable(full);
  for (let i = 0; i < claims; i++) {
    const claim = { status: "committed" as const, worker: WORKER, provider: WORKER, windowEnd };
    units.update(i, { ...claim, key: id(`${name} ${String(i)}`), outputsRoot: id("o"), deadline: windowEnd });
  }
  const record = {
    ...{ jobId: id(`job ${name}`), terms: full, postedAtBlock: 1, units, results: [], payments: [], penalties: [] },
    manifests: [{ publisher: POSTER, digest: id(`manifest ${name}`), earnsFee: false }],
    ...{ settledShards: 0, cancelled: false, refunded: 0n, finishedAtBlock: undefined },
  };
  return record;
}
