/** The process that computes: a crash of a device's driver, or a lack of memory, ends it and nothing else. Started by compute-process-node.ts, spoken to by messages only. */
import { InvalidInputError, OrionError } from "../../common/errors.ts";
import { decodeProgram } from "../../tensor/program-file.ts";
import type { Backend } from "../backend.ts";
import { createBackend } from "../create-backend.ts";
import { createExecutor, type Executor } from "../executor.ts";
import { nativeSha256 } from "../hash-node.ts";
import type { Reply, Request, Results, Work } from "./messages.ts";

const running = new Map<number, AbortController>();
const programs = new Map<number, Executor>();
let backend: Backend | undefined;

function reply(message: Reply): void {
  // A parent that is gone wants no answer.
  if (process.connected) process.send?.(message);
}

function executorOf(program: number): Executor {
  const executor = programs.get(program);
  if (executor === undefined) throw new InvalidInputError(`no program ${program} is open`);
  return executor;
}

function required(): Backend {
  if (backend === undefined) throw new InvalidInputError("the device is not started");
  return backend;
}

async function perform(id: number, work: Work, signal: AbortSignal): Promise<Results[Work["type"]]> {
  switch (work.type) {
    case "start": {
      backend = await createBackend({ mode: work.mode });
      const { name, mode, macsPerSecond, rates, refused } = backend;
      return { name, mode, macsPerSecond, rates, refused };
    }
    case "open":
      programs.set(work.program, createExecutor(decodeProgram(work.bytes), work.constants, required()));
      return undefined;
    case "outputs":
      return executorOf(work.program).outputs(work.inputs, { signal });
    case "run": {
      const { nodes } = work;
      return executorOf(work.program).run(work.inputs, { signal, ...(nodes === undefined ? {} : { nodes }) });
    }
    case "excerpts":
      return executorOf(work.program).excerpts(work.inputs, work.wanted, { signal });
    case "trace": {
      const { inputs, known, hold } = work;
      const onNode = ({ node, root, leaves }: { node: number; root: Uint8Array; leaves: Uint8Array }): void =>
        reply({ id, node: { node, root, leaves } });
      const options = { sha256: nativeSha256, signal, known, hold, ...(work.nodes ? { onNode } : {}) };
      return executorOf(work.program).trace(inputs, options);
    }
    case "close":
      programs.get(work.program)?.dispose();
      programs.delete(work.program);
      return undefined;
  }
}

async function serve(id: number, work: Work): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  try {
    reply({ id, result: await perform(id, work, abort.signal) });
  } catch (error) {
    // What is no error of ours is a bug or a broken device: it is told in full, and the process is not trusted any more.
    if (!(error instanceof OrionError)) throw error;
    reply({ id, failure: { code: error.code, message: error.message, hint: error.hint } });
  } finally {
    running.delete(id);
  }
}

process.on("message", (request: Request) => {
  if ("abort" in request) running.get(request.abort)?.abort();
  else void serve(request.id, request.work);
});
// A terminal's Ctrl-C goes to all its processes; the parent decides when this one ends.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
