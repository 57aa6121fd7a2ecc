import type { GroupSpec } from "../core/command.ts";
import { govCancel } from "./cancel.ts";
import { govDelegate } from "./delegate.ts";
import { govExecute } from "./execute.ts";
import { govList } from "./list.ts";
import { govParameters } from "./parameters-command.ts";
import { govPropose } from "./propose.ts";
import { govQueue } from "./queue.ts";
import { govShow } from "./show.ts";
import { govVote } from "./vote.ts";

export const govGroup: GroupSpec = {
  name: "gov",
  summary: "governance: holders of ORION propose, vote and execute",
  commands: [govDelegate, govPropose, govList, govShow, govVote, govCancel, govQueue, govExecute, govParameters],
};
