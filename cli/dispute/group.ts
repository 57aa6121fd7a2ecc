import type { GroupSpec } from "../core/command.ts";
import { disputeList } from "./list.ts";
import { disputeProve } from "./prove.ts";
import { disputeShow } from "./show.ts";
import { disputeWatch } from "./watch.ts";

export const disputeGroup: GroupSpec = {
  name: "dispute",
  summary: "look at challenges of claims, and challenge one",
  commands: [disputeList, disputeShow, disputeProve, disputeWatch],
};
