import type { GroupSpec } from "../core/command.ts";
import { jobAccept } from "./accept.ts";
import { jobCancel } from "./cancel.ts";
import { jobCollect } from "./collect.ts";
import { jobDemand } from "./demand.ts";
import { jobPost } from "./post.ts";
import { jobResultCommand } from "./result-command.ts";
import { jobStatus } from "./status.ts";
import { jobTip } from "./tip.ts";
import { jobWatch } from "./watch.ts";

export const jobGroup: GroupSpec = {
  name: "job",
  summary: "post AI jobs and follow them to their results",
  commands: [jobPost, jobStatus, jobWatch, jobResultCommand, jobAccept, jobCancel, jobCollect, jobTip, jobDemand],
};
