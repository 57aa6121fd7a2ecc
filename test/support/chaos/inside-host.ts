import { setTimeout as delay } from "node:timers/promises";

import { systemClock, type Clock } from "@orion/protocol/common";
import type { Backend } from "@orion/protocol/kernels";

import { logFatal, runService } from "../network/run-service.ts";
import type { Host } from "./host.ts";
import type { Ways } from "./ways.ts";

export interface InsideHostOptions {
  /** How many times as fast the services' pauses pass. */
  readonly pace: number;
  /** What a service reaches the world by: cut off, it is as good as dead. */
  readonly waysOf: (name: string) => Ways;
  /** Computes for all of them. */
  readonly backend: Backend;
}

/**
 * All services in this process: a network starts in no time, and pauses of seconds pass faster. A kill cuts the service off from chain and store in
 * the midst of whatever it is doing and then ends it, which is all that others can see of a kill.
 */
export function createInsideHost({ pace, waysOf, backend }: InsideHostOptions): Host {
  const jumps = new Map<string, number>();
  const aborts = new Set<AbortController>();
  const clockOf = (name: string): Clock => ({
    now: () => Date.now() + (jumps.get(name) ?? 0),
    steady: () => performance.now() * pace,
    sleep: (ms, signal) => systemClock.sleep(ms / pace, signal),
  });
  return {
    kinds: ["kill", "pause", "clock"],
    start(name, spec) {
      const abort = new AbortController();
      aborts.add(abort);
      const run = async (): Promise<string> => {
        try {
          await runService(spec, abort.signal, { clock: clockOf(name), backend });
          return "exit 0";
        } catch (error) {
          logFatal(spec.logFile, error);
          return "exit 1";
        } finally {
          aborts.delete(abort);
        }
      };
      const ended = run();
      const end = async (): Promise<void> => {
        abort.abort();
        await ended;
      };
      return {
        ended,
        kill: () => {
          waysOf(name).sever();
          return end();
        },
        stop: end,
      };
    },
    async happen(name, kind, { lastsMs, jumpMs }) {
      if (kind === "clock") {
        jumps.set(name, (jumps.get(name) ?? 0) + jumpMs);
      } else if (kind === "pause") {
        waysOf(name).hold(lastsMs);
        await delay(lastsMs);
      } else {
        throw new RangeError(`services of one process share its disk: no ${kind} for one of them`);
      }
    },
    calm: () => Promise.resolve(),
    async close() {
      for (const abort of aborts) abort.abort();
      await delay(0);
    },
  };
}
