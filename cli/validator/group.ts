import type { GroupSpec } from "../core/command.ts";
import { validatorStart } from "./start.ts";

export const validatorGroup: GroupSpec = {
  name: "validator",
  summary: "recompute what others claim, prove it wrong, and be rewarded",
  commands: [validatorStart],
};
