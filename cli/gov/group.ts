import { group, type AnyCommand, type GroupSpec } from "../core/command.ts";
import { govCancel } from "./cancel.ts";
import { govDelegate } from "./delegate.ts";
import { govExecute } from "./execute.ts";
import { guardGroup } from "./guard/group.ts";
import { govList } from "./list.ts";
import { govParameters } from "./parameters-command.ts";
import { govPower } from "./power.ts";
import { govPropose } from "./propose.ts";
import { govQueue } from "./queue.ts";
import { govShow } from "./show.ts";
import { govVote } from "./vote.ts";

const guardCommands: AnyCommand = (runner) => group(guardGroup, runner);

export const govGroup: GroupSpec = {
  name: "gov",
  summary: "governance: holders of ORION propose, vote and execute",
  commands: [
    ...[govPower, govDelegate, govPropose, govList, govShow, govVote, govCancel, govQueue, govExecute, govParameters],
    guardCommands,
  ],
};
