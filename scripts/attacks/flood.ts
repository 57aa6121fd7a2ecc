import { playFlood } from "../../test/support/demands/play-flood.ts";
import type { Arena } from "./arena.ts";

/** So many demands on so many claims of a worker that is a process of its own. */
export function openFlood(demands: number, claims: number): Arena {
  return {
    attack: async (seed) => ({ ...(await playFlood({ seed, demands, claims })) }),
    close: () => Promise.resolve(),
  };
}
