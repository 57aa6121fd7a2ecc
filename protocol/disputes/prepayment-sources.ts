import { unitRange } from "../chain/index.ts";
import type { PrepaymentSource } from "./collector.ts";
import { committedClaims, prepaidClaims } from "./prepayments.ts";

/** The claims on which an account prepays demands: whoever demands adds them. */
export const DEMANDED: PrepaymentSource = { name: "demanded", share: "prepaid", find: prepaidClaims, active: () => [] };

/** The claims that an account commits: what answered demands of them are worth is its own, whoever answered. */
export const COMMITTED: PrepaymentSource = {
  name: "committed",
  share: "earned",
  find: committedClaims,
  active: (market, account) =>
    [...market.jobs.values()].flatMap(({ terms, postedAtBlock, units }) =>
      units
        .active()
        .filter(({ status, worker }) => status === "committed" && worker === account)
        .map(({ key, index }) => ({ key, sinceBlock: postedAtBlock, shards: unitRange(terms, index) })),
    ),
};
