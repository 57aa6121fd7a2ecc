import { silentLogger } from "@orion/protocol/common";
import { createBackend } from "@orion/protocol/kernels";

import { playAttacks } from "../../test/support/attacks/play-attacks.ts";
import { startSite } from "../../test/support/chaos/site.ts";
import type { Arena } from "./arena.ts";

/** The default worker and validator on a chain that each seed finds as new. */
export async function openNetwork(): Promise<Arena> {
  const backend = await createBackend({ mode: "webasm", log: silentLogger });
  const site = await startSite();
  return {
    attack: async (seed) => ({ ...(await playAttacks(site, backend, seed)) }),
    async close() {
      await site.stop();
      await backend.dispose();
    },
  };
}
