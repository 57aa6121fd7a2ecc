import type { GroupSpec } from "../core/command.ts";
import { indexStart } from "./command.ts";
import { indexPrepare } from "./prepare.ts";

export const indexGroup: GroupSpec = {
  name: "index",
  summary: "make the network's history queryable",
  commands: [indexStart, indexPrepare],
};
