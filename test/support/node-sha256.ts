import { createHash } from "node:crypto";

import { sha256From, type Sha256 } from "@orion/protocol/tensor";

/** SHA-256 in native code: tests hash many trees. */
export const nodeSha256: Sha256 = sha256From((message, out, offset) => {
  out.set(createHash("sha256").update(message).digest(), offset);
});
