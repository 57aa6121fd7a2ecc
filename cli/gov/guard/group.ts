import type { GroupSpec } from "../../core/command.ts";
import { guardCancel } from "./cancel.ts";
import { guardPause } from "./pause.ts";
import { guardStatus } from "./status.ts";

export const guardGroup: GroupSpec = {
  name: "guard",
  summary: "the guardian: one account, named by vote, that may pause and cancel",
  commands: [guardStatus, guardPause, guardCancel],
};
