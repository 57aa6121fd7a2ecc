import { setTimeout as delay } from "node:timers/promises";

import { AbortedError, timeLimit } from "@orion/protocol/common";
import { createQueryClient } from "@orion/protocol/query";

import { askStatus } from "./status.ts";
import { IndexError } from "./errors.ts";

const TIMEOUT_MS = 60_000;
const POLL_MS = 100;
/** It answers queries before it has taken in a block, or never. */
const ANSWER_MS = 5_000;

/** Where an index answers. */
export interface IndexUrls {
  readonly url: string;
  readonly statusUrl: string;
}

/** Resolves when the index has taken in its first block and answers queries; fails at once when it never will go on. */
export async function untilQueryable(
  { url, statusUrl }: IndexUrls,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let end = performance.now() + TIMEOUT_MS;
  let begun = false;
  while (performance.now() < end) {
    if (signal?.aborted === true) throw new AbortedError("stopped while the index was starting");
    const status = await askStatus(statusUrl, name, signal);
    if (status?.fatalError !== undefined) throw stuck(status.fatalError);
    if (!begun && status?.block !== undefined) {
      begun = true;
      end = performance.now() + ANSWER_MS;
    }
    if (begun && (await answers(url, signal))) return;
    await delay(POLL_MS);
  }
  if (begun) {
    // It goes on without a port that it does not get, and does not say so.
    throw new IndexError(`graph-node does not answer at ${url}`, {
      hint: "does something else listen on that port, on any interface? Choose another with --port (0 takes any)",
    });
  }
  throw new IndexError(`the index has taken in no block within ${TIMEOUT_MS / 1000} s`, {
    hint: "run it with --log-level debug to see what it waits for",
  });
}

async function answers(url: string, signal: AbortSignal | undefined): Promise<boolean> {
  const client = createQueryClient({ url, signal: timeLimit(ANSWER_MS, signal) });
  const data = await client.askRaw("{ _meta { block { number } } }").catch(() => undefined);
  return data !== undefined && data !== null;
}

function stuck(why: string): IndexError {
  return new IndexError(`the index can't go on: ${why}`, {
    hint: "once the subgraph is mended, the next start indexes from the first block by itself; --reset has it do so now",
  });
}
