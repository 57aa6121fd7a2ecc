import { silentLogger } from "@orion/protocol/common";
import { createBackend } from "@orion/protocol/kernels";

import type { Alteration } from "../../../scripts/start/adversary/altered-unit.ts";
import { createFalsifier, type FalsifierOptions } from "../../../scripts/start/adversary/falsifier.ts";
import { createWithholder } from "../../../scripts/start/adversary/withholder.ts";
import { startHere, type Started } from "./in-process.ts";
import type { TestNetwork } from "./test-network.ts";

const INTERVAL_MS = 50;

export interface Cheat extends Started {
  /** The unit that it has committed to, and what it changed. */
  readonly committed: Promise<{ unit: number; alteration?: Alteration }>;
}

/** Runs the falsifier of `npm start` in this process. */
export async function startFalsifier(
  running: TestNetwork,
  account: number,
  options: Omit<FalsifierOptions, "intervalMs" | "onCommit"> = {},
): Promise<Cheat> {
  const backend = await createBackend({ mode: "webasm", log: silentLogger });
  const { promise: committed, resolve } = Promise.withResolvers<{ unit: number; alteration: Alteration }>();
  const onCommit = (unit: number, alteration: Alteration): void => resolve({ unit, alteration });
  const service = createFalsifier(
    { ...running.context(account), backend },
    { ...options, intervalMs: INTERVAL_MS, onCommit },
  );
  return { ...startHere(service), committed };
}

/** Runs the withholder of `npm start` in this process. */
export function startWithholder(running: TestNetwork, account: number): Cheat {
  const { promise: committed, resolve } = Promise.withResolvers<{ unit: number }>();
  const service = createWithholder(running.context(account), {
    intervalMs: INTERVAL_MS,
    onCommit: (unit) => resolve({ unit }),
  });
  return { ...startHere(service), committed };
}
