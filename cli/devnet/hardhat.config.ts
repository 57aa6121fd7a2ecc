import { defineConfig } from "hardhat/config";

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
      loggingEnabled: false,
      mining: { auto: true, interval: BLOCK_INTERVAL_MS },
    },
  },
});
