import type { GroupSpec } from "../core/command.ts";
import { queryDisputes } from "./disputes.ts";
import { queryEarnings } from "./earnings.ts";
import { queryJob } from "./job.ts";
import { queryMarket } from "./market.ts";
import { queryPool } from "./pool.ts";
import { queryProvider } from "./provider.ts";
import { queryRaw } from "./raw.ts";
import { queryReserves } from "./reserves.ts";

export const queryGroup: GroupSpec = {
  name: "query",
  summary: "ask an index of the network: everything that happened, with no key and no contract call",
  commands: [queryMarket, queryJob, queryProvider, queryPool, queryDisputes, queryReserves, queryEarnings, queryRaw],
};
