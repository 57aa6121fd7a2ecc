import { readFile, rename, writeFile } from "node:fs/promises";

import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

/** Base units of ORION for somebody who holds none. */
export interface Payment {
  readonly to: string;
  readonly amount: string;
}

export interface PayerOptions {
  readonly intervalMs: number;
  readonly payments: readonly Payment[];
  /** Counts the payments that are done. */
  readonly file: string;
}

/**
 * Makes payments one after the other, as a careful user of the sender does: what failed is tried again, what is noted as done is not. A contract
 * refuses no second payment, so only the sender and its journal keep one from being made twice.
 */
export function createPayer(context: ServiceContext, options: PayerOptions): Service {
  const { chain, sender, clock, log } = context;
  const { payments, file } = options;
  const { orion } = chain.contracts;
  return createLoop({
    name: "payer",
    clock,
    log,
    intervalMs: options.intervalMs,
    tick: async (signal) => {
      const done = Number(await readFile(file, "utf8").catch(() => "0"));
      const next = payments[done];
      if (next === undefined || signal.aborted) return;
      const data = orion.interface.encodeFunctionData("transfer", [next.to, BigInt(next.amount)]);
      await sender.send({ to: chain.network.addresses.orion, data, label: "transfer" });
      await writeFile(`${file}.tmp`, String(done + 1));
      await rename(`${file}.tmp`, file);
    },
  });
}
