import { setTimeout as delay } from "node:timers/promises";

import type { ChainProcess } from "../network/chain-process.ts";

const MOST_FAILURES = 20;

/** Mines blocks and moves the chain's time, faster or slower as it is told. */
export interface ChainTime {
  /** Milliseconds between two blocks. */
  blockMs: number;
  /** Seconds from one block to the next, besides those that pass. */
  blockSeconds: number;
  /** Rejects when the chain can no longer be moved. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export function startChainTime(chain: ChainProcess, blockMs: number, blockSeconds: number): ChainTime {
  const ending = new AbortController();
  const { signal } = ending;
  const time = { blockMs, blockSeconds };
  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      try {
        await chain.rpc("evm_increaseTime", [time.blockSeconds]);
        await chain.rpc("evm_mine");
        failures = 0;
      } catch (error) {
        // A node may close a connection just when it is used again.
        if (failures++ >= MOST_FAILURES) throw error;
      }
      await delay(time.blockMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = run();
  const failed = new Promise<never>((_, reject) => {
    running.catch(reject);
  });
  failed.catch(() => undefined);
  return Object.assign(time, {
    failed,
    stop: async () => {
      ending.abort();
      await running;
    },
  });
}
