import { group, type AnyCommand, type GroupSpec } from "../core/command.ts";
import { dexAdd } from "./add.ts";
import { farmGroup } from "./farm/group.ts";
import { dexPools } from "./pools.ts";
import { dexPosition } from "./position.ts";
import { dexPrice } from "./price.ts";
import { dexQuote } from "./quote.ts";
import { dexRemove } from "./remove.ts";
import { dexSwap } from "./swap.ts";

const farmCommands: AnyCommand = (runner) => group(farmGroup, runner);

export const dexGroup: GroupSpec = {
  name: "dex",
  summary: "trade compute credits, and earn by providing liquidity",
  commands: [dexPools, dexPrice, dexQuote, dexSwap, dexAdd, dexRemove, dexPosition, farmCommands],
};
