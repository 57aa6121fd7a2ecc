import type { GroupSpec } from "../core/command.ts";
import { keeperStart } from "./start.ts";

export const keeperGroup: GroupSpec = {
  name: "keeper",
  summary: "keep the network going: shard data, join results, settle what is due",
  commands: [keeperStart],
};
