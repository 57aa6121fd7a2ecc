import type { GroupSpec } from "../core/command.ts";
import { creditsBalance } from "./balance.ts";
import { creditsDeliver } from "./deliver.ts";
import { creditsMint } from "./mint.ts";
import { creditsPositions } from "./positions-command.ts";
import { creditsPrice } from "./price-command.ts";
import { creditsRedeem } from "./redeem.ts";
import { creditsRoll } from "./roll.ts";

export const creditsGroup: GroupSpec = {
  name: "credits",
  summary: "compute credits (CU): one is 10^18 units of work",
  commands: [creditsMint, creditsRedeem, creditsRoll, creditsDeliver, creditsBalance, creditsPositions, creditsPrice],
};
