import type { GroupSpec } from "../core/command.ts";
import { keysAddress } from "./address.ts";
import { keysImport } from "./import.ts";
import { keysList } from "./list.ts";
import { keysNew } from "./new.ts";

export const keysGroup: GroupSpec = {
  name: "keys",
  summary: "encrypted keys of this machine",
  commands: [keysNew, keysImport, keysAddress, keysList],
};
