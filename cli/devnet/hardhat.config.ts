import { defineConfig } from "hardhat/config";

import { PAST_SECONDS } from "./past.ts";

/** Besides mining each transaction at once: time flows although nobody sends anything. */
const BLOCK_INTERVAL_MS = 1_000;

/** The chain of a local network, for `hardhat node`. */
export default defineConfig({
  networks: {
    node: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      // Otherwise each transaction moves the clock on by a second, and a busy network's deadlines pass before their time.
      allowBlocksWithSameTimestamp: true,
      // The network lives through these days before it is ready.
      initialDate: new Date(Date.now() - PAST_SECONDS * 1_000),
      loggingEnabled: false,
      mining: { auto: true, interval: BLOCK_INTERVAL_MS },
    },
  },
});
