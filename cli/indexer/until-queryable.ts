import { setTimeout as delay } from "node:timers/promises";

import { AbortedError } from "@orion/protocol/common";

import { askStatus } from "./status.ts";
import { IndexError } from "./errors.ts";

const TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** Resolves when the index has taken in its first block; fails at once when it never will go on. */
export async function untilQueryable(statusUrl: string, name: string, signal: AbortSignal | undefined): Promise<void> {
  const end = Date.now() + TIMEOUT_MS;
  while (Date.now() < end) {
    if (signal?.aborted === true) throw new AbortedError("stopped while the index was starting");
    const status = await askStatus(statusUrl, name, signal);
    if (status?.fatalError !== undefined) throw stuck(status.fatalError);
    if (status?.block !== undefined) return;
    await delay(POLL_MS);
  }
  throw new IndexError(`the index has taken in no block within ${TIMEOUT_MS / 1000} s`, {
    hint: "run it with --log-level debug to see what it waits for",
  });
}

function stuck(why: string): IndexError {
  return new IndexError(`the index can't go on: ${why}`, {
    hint: "once the subgraph is mended, the next start indexes from the first block by itself; --reset has it do so now",
  });
}
