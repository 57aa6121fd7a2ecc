import type { GroupSpec } from "../../core/command.ts";
import { farmDeposit } from "./deposit.ts";
import { farmExit } from "./exit.ts";
import { farmHarvest } from "./harvest.ts";
import { farmStatus } from "./status.ts";
import { farmWithdraw } from "./withdraw.ts";

export const farmGroup: GroupSpec = {
  name: "farm",
  summary: "stake shares of pools to earn ORION",
  commands: [farmDeposit, farmWithdraw, farmHarvest, farmExit, farmStatus],
};
