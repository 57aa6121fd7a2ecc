import type { GroupSpec } from "../core/command.ts";
import { workerStart } from "./start.ts";

export const workerGroup: GroupSpec = {
  name: "worker",
  summary: "compute jobs and get paid",
  commands: [workerStart],
};
