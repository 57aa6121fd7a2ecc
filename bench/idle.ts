import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { Role } from "../test/support/network/run-service.ts";
import { anvilPath, startAnvil } from "../test/support/network/chain-process.ts";
import { startService, type RunningService } from "../test/support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork } from "../test/support/network/test-network.ts";
import { startTroubledRpc, type TroubledRpc } from "../test/support/network/troubled-rpc.ts";
import { writeResult } from "./support/write-result.ts";

/** Services, each with the pause between two looks that its command has by default. */
const SERVICES: readonly (readonly [role: Role, account: number, intervalMs: number])[] = [
  ["orchestrator", ACCOUNTS.orchestrator, 1_000],
  ["aggregator", ACCOUNTS.aggregator, 1_000],
  ["upkeep", ACCOUNTS.upkeep, 1_000],
  ["worker", ACCOUNTS.workers, 500],
  ["validator", ACCOUNTS.stranger, 1_000],
];
const BLOCK_SECONDS = 2;
/** Until a service takes it that nothing goes on, and then the time in which calls are counted. */
const WARM_UP_MS = 90_000;
const MEASURED_MS = 60_000;
/** Most calls of a minute. */
const TARGET = 60;

/** Counts the JSON-RPC calls of services that have nothing to do, on a chain with a block every two seconds; false where one makes more than the target. */
export async function benchIdle(print: (line: string) => void = console.log): Promise<boolean> {
  const anvil = anvilPath();
  if (anvil === undefined) throw new Error("anvil is needed, for its blocks come by the clock");
  const running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
  const ways: TroubledRpc[] = [];
  const services: RunningService[] = [];
  try {
    await running.stake(ACCOUNTS.workers, 1_000n * ORION);
    await running.chainProcess.rpc("evm_setIntervalMining", [BLOCK_SECONDS]);
    for (const [role, account, intervalMs] of SERVICES) {
      const way = await startTroubledRpc(running.network.rpcUrl);
      ways.push(way);
      const networkFile = path.join(running.dir, `${role}.network.json`);
      await writeFile(networkFile, JSON.stringify({ ...running.network, rpcUrl: way.url }));
      services.push(startService({ ...running, networkFile }, role, account, { intervalMs }));
    }
    await delay(WARM_UP_MS);
    for (const way of ways) way.reset();
    await delay(MEASURED_MS);
    const counts = SERVICES.map(([role], i) => ({ role, calls: { ...ways[i]?.counts } }));
    print(`JSON-RPC calls of a minute with nothing to do, a block every ${BLOCK_SECONDS} s:`);
    let passed = true;
    for (const { role, calls } of counts) {
      const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
      passed &&= total <= TARGET;
      print(
        `  ${role} ${total}: ${Object.entries(calls)
          .map(([method, count]) => `${method} ${count}`)
          .join(", ")}`,
      );
    }
    print(`  target at most ${TARGET}: ${passed ? "met" : "MISSED"}`);
    print(
      `  ${await writeResult("idle", { blockSeconds: BLOCK_SECONDS, callsPerMinute: counts, target: TARGET, passed })}`,
    );
    return passed;
  } finally {
    await Promise.all(services.map((service) => service.terminate()));
    await Promise.all(ways.map((way) => way.stop()));
    await running.stop();
  }
}
