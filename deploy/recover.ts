import { existsSync } from "node:fs";
import path from "node:path";

import { listTransactions, status, wipe, type ArtifactResolver } from "@nomicfoundation/ignition-core";

/**
 * Makes the journal forget every step that was begun without leaving a contract: its transaction reverted, or none is
 * known (refused in simulation, no money, no connection, a killed process). The next run sends them again, with mended
 * parameters perhaps. If one was sent after all, a contract is left over that nothing refers to: every link is an
 * immutable of a contract deployed later. Transactions that wait in the mempool are kept and awaited.
 */
export async function forgetUnfinished(deploymentDir: string, artifacts: ArtifactResolver): Promise<void> {
  if (!existsSync(path.join(deploymentDir, "journal.jsonl"))) return;
  const { started, failed } = await status(deploymentDir, artifacts);
  const sent = new Set((await listTransactions(deploymentDir, artifacts)).map(({ name }) => `Orion#${name ?? ""}`));
  const unsent = started.filter((futureId) => !sent.has(futureId));
  for (const futureId of [...failed.map((step) => step.futureId), ...unsent]) {
    await wipe(deploymentDir, artifacts, futureId);
  }
}
