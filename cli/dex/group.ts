import type { GroupSpec } from "../core/command.ts";
import { dexPools } from "./pools.ts";
import { dexPrice } from "./price.ts";
import { dexQuote } from "./quote.ts";
import { dexSwap } from "./swap.ts";

export const dexGroup: GroupSpec = {
  name: "dex",
  summary: "trade compute credits, and earn by providing liquidity",
  commands: [dexPools, dexPrice, dexQuote, dexSwap],
};
