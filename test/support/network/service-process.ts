/**
 * The entry of one child process that runs one service through its real factory. It reads what to do from ORION_TEST_SERVICE, and can kill
 * itself as `kill -9` does at a named step: production code carries only the hook.
 */
import { logFatal, runService, type ServiceSpec } from "./run-service.ts";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
// The parent is gone, however it ended: nothing here may outlive it.
process.once("disconnect", () => process.exit(3));

const spec = JSON.parse(process.env.ORION_TEST_SERVICE ?? "{}") as ServiceSpec;
try {
  await runService(spec, stop.signal);
  process.exit(0);
} catch (error) {
  logFatal(spec.logFile, error);
  process.exit(1);
}
