import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { ROOT, stopper } from "../network/chain-process.ts";
import type { ServiceSpec } from "../network/run-service.ts";
import { patient } from "../patience.ts";
import type { Host, Life } from "./host.ts";

const ENTRY = fileURLToPath(new URL("../network/service-process.ts", import.meta.url));
const PRELOAD = new URL("./process-preload.mjs", import.meta.url).href;
/** A service that is asked to stop and does not is a fault of its own. */
const STOP_MS = 30_000;

interface Control {
  clockMs: number;
  disk: "fine" | "full" | "read-only" | "no-files";
}

/** Each service as a process of its own, which can be killed, held up, and deceived about its clock and its disk. */
export function createProcessHost(dir: string): Host {
  const running = new Map<string, ChildProcess>();
  const controls = new Map<string, Control>();
  const fileOf = (name: string): string => path.join(dir, `${name}.control.json`);
  const set = (name: string, change: Partial<Control>): void => {
    const control: Control = { ...{ clockMs: 0, disk: "fine" }, ...controls.get(name), ...change };
    controls.set(name, control);
    writeFileSync(`${fileOf(name)}.tmp`, JSON.stringify(control));
    renameSync(`${fileOf(name)}.tmp`, fileOf(name));
  };
  const goOn = (name: string): void => void running.get(name)?.kill("SIGCONT");

  return {
    kinds: ["kill", "pause", "clock", "full", "read-only", "no-files"],
    start(name, spec, { openFiles }) {
      const folder = path.join(dir, name);
      mkdirSync(folder, { recursive: true });
      const env = {
        ...process.env,
        ORION_TEST_SERVICE: JSON.stringify(spec satisfies ServiceSpec),
        ORION_CHAOS_CONTROL: fileOf(name),
        ORION_CHAOS_FOLDER: folder,
        NODE_COMPILE_CACHE: path.join(ROOT, "cache", "compiled"),
      };
      const program = [process.execPath, "--import", PRELOAD, ENTRY];
      const limited = ["-c", `ulimit -n ${String(openFiles)}; exec "$@"`, "sh", ...program];
      const [command, args] = openFiles === undefined ? [process.execPath, program.slice(1)] : ["sh", limited];
      const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit", "ipc"], env });
      running.set(name, child);
      return lifeOf(child);
    },
    async happen(name, kind, { lastsMs, jumpMs }) {
      if (kind === "clock") {
        set(name, { clockMs: (controls.get(name)?.clockMs ?? 0) + jumpMs });
      } else if (kind === "pause") {
        running.get(name)?.kill("SIGSTOP");
        await delay(lastsMs);
        goOn(name);
      } else {
        set(name, { disk: kind });
        await delay(lastsMs);
        set(name, { disk: "fine" });
      }
    },
    calm() {
      for (const name of running.keys()) goOn(name);
      for (const name of controls.keys()) set(name, { disk: "fine" });
      return Promise.resolve();
    },
    async close() {
      await Promise.all([...running.values()].map((child) => stopper(child)()));
    },
  };
}

function lifeOf(child: ChildProcess): Life {
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit ${String(code)}`));
    child.once("error", (error) => resolve(error.message));
  });
  const kill = stopper(child);
  return {
    ended,
    kill,
    async stop() {
      child.kill("SIGTERM");
      const limit = patient(STOP_MS);
      const late = delay(limit, "late", { ref: false });
      if ((await Promise.race([ended, late])) !== "late") return;
      await kill();
      throw new Error(`a service did not stop within ${String(limit / 1_000)} s of SIGTERM`);
    },
  };
}
