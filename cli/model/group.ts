import type { GroupSpec } from "../core/command.ts";
import { modelCompare } from "./compare.ts";
import { modelImport } from "./import.ts";
import { modelInspect } from "./inspect.ts";
import { modelRun } from "./run.ts";

export const modelGroup: GroupSpec = {
  name: "model",
  summary: "bring ONNX models to the network, and try them on this machine",
  commands: [modelImport, modelInspect, modelRun, modelCompare],
};
