import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

import { AbortedError, ConfigurationError, InvalidInputError, OrionError } from "../../common/errors.ts";
import { silentLogger, type Logger } from "../../common/log.ts";
import { encodeProgram } from "../../tensor/program-file.ts";
import type { Program, Tensor } from "../../tensor/types.ts";
import type { Compute } from "../compute.ts";
import { DeviceFaultError } from "../errors.ts";
import {
  programClosed,
  type Executor,
  type RunInputs,
  type RunTrace,
  type TracedNode,
  type TraceOptions,
} from "../executor.ts";
import type { Mode } from "../modes.ts";
import type { DeviceFacts, Failure, Reply, Request, Results, Work } from "./messages.ts";

export interface ComputeProcessOptions {
  readonly mode?: Mode | "auto";
  readonly log?: Logger;
  /** Largest heap of the process in MiB; Node's own limit unless given. */
  readonly maxHeapMiB?: number;
}

/** A compute device in a process of its own: computing never holds up who signs, and its crash ends nothing else. */
export interface ComputeProcess extends DeviceFacts, Compute {
  /** Another process with the same device, started when it is first used. */
  another(): ComputeProcess;
  dispose(): Promise<void>;
}

/** The process that was computing has ended; the next computation starts another one. */
export class ComputeProcessError extends OrionError {
  readonly code = "COMPUTE_PROCESS";
  readonly retryable = true;
}

const CHILD = fileURLToPath(new URL("./child-node.ts", import.meta.url));
/** A child that does not heed an abort for so long is ended. */
const GRACE_MS = 3_000;
const STDERR_KEPT = 2_000;

/** Starts the process and tests and measures its device. Throws ConfigurationError if no mode is usable. */
export async function createComputeProcess(options: ComputeProcessOptions = {}): Promise<ComputeProcess> {
  const { log = silentLogger } = options;
  const link = new Link(options);
  const facts = await link.facts();
  log.info({ mode: facts.mode, macsPerSecond: facts.macsPerSecond }, "compute backend ready");
  return processOf(link, facts, options);
}

function processOf(link: Link, facts: DeviceFacts, options: ComputeProcessOptions): ComputeProcess {
  return {
    ...facts,
    createExecutor: (program, constants) => remoteExecutor(link, program, constants),
    another: () => processOf(new Link({ ...options, mode: facts.mode }), facts, options),
    dispose: () => link.dispose(),
  };
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  readonly onNode: ((node: TracedNode) => void | Promise<void>) | undefined;
  /** What the listener of the nodes still does. */
  busy: Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly pending: Map<number, Pending>;
  readonly facts: Promise<DeviceFacts>;
  /** Programs that this very process knows. */
  readonly open: Map<number, Promise<undefined>>;
  stderr: string;
  /** It is being ended, and its end waited for: no answer that still comes may let this process go. */
  ending: boolean;
}

/** The connection to the child; starts one whenever there is none. */
class Link {
  readonly #options: ComputeProcessOptions;
  #running: Running | undefined;
  #nextId = 1;

  constructor(options: ComputeProcessOptions) {
    this.#options = options;
  }

  facts(): Promise<DeviceFacts> {
    return this.#start().facts;
  }

  newProgram(): number {
    return this.#nextId++;
  }

  /** Does work with a program, which is sent first to a process that does not know it yet. */
  async on<T extends "outputs" | "run" | "excerpts" | "trace">(
    program: number,
    open: () => Extract<Work, { type: "open" }>,
    work: Extract<Work, { type: T }>,
    options: { signal?: AbortSignal | undefined; onNode?: Pending["onNode"] } = {},
  ): Promise<Results[T]> {
    if (isAborted(options.signal)) throw new AbortedError("the computation was stopped");
    const running = this.#start();
    await running.facts;
    let opened = running.open.get(program);
    if (opened === undefined) {
      opened = this.#ask<"open">(running, open());
      running.open.set(program, opened);
      opened.catch(() => running.open.delete(program));
    }
    await opened;
    // A signal that aborted meanwhile tells nobody who listens from now on.
    if (isAborted(options.signal)) throw new AbortedError("the computation was stopped");
    return this.#ask<T>(running, work, options);
  }

  close(program: number): void {
    const running = this.#running;
    if (running?.open.delete(program) !== true) return;
    this.#ask<"close">(running, { type: "close", program }).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const { child } = running;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    // Perhaps nothing else keeps this process alive until the end is told.
    running.ending = true;
    child.ref();
    child.kill("SIGKILL");
    await ended;
  }

  #start(): Running {
    if (this.#running !== undefined) return this.#running;
    const { maxHeapMiB, mode = "auto" } = this.#options;
    const child = fork(CHILD, {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // Nothing of this process's own flags: a debugger or a guard is not meant for it.
      execArgv: maxHeapMiB === undefined ? [] : [`--max-old-space-size=${maxHeapMiB}`],
    });
    const pending = new Map<number, Pending>();
    const running: Running = {
      child,
      pending,
      open: new Map(),
      stderr: "",
      ending: false,
      facts: Promise.resolve().then(() => this.#ask<"start">(running, { type: "start", mode })),
    };
    running.facts.catch(() => undefined);
    this.#running = running;
    child.stderr?.on(
      "data",
      (data: Buffer) => (running.stderr = (running.stderr + data.toString()).slice(-STDERR_KEPT)),
    );
    child.on("message", (reply: Reply) => receive(pending, reply));
    child.once("error", (error) => this.#lose(running, error.message));
    child.once("exit", (code, signal) => this.#lose(running, signal ?? `exit code ${code ?? "unknown"}`));
    // It must not keep this process from ending.
    child.unref();
    child.channel?.unref();
    return running;
  }

  #lose(running: Running, how: string): void {
    if (this.#running === running) this.#running = undefined;
    const detail = running.stderr.trim().split("\n").at(-1) ?? "";
    const error = new ComputeProcessError(`the compute process ended (${how})${detail === "" ? "" : `: ${detail}`}`, {
      hint: "the next computation starts another one",
    });
    for (const { reject } of running.pending.values()) reject(error);
    running.pending.clear();
  }

  #ask<T extends Work["type"]>(
    running: Running,
    work: Extract<Work, { type: T }>,
    { signal, onNode }: { signal?: AbortSignal | undefined; onNode?: Pending["onNode"] } = {},
  ): Promise<Results[T]> {
    const id = this.#nextId++;
    const { child, pending } = running;
    return new Promise<Results[T]>((resolve, reject) => {
      const abort = (): void => {
        send(child, { abort: id });
        setTimeout(() => {
          if (pending.has(id)) child.kill("SIGKILL");
        }, GRACE_MS).unref();
      };
      const settle = (): void => {
        pending.delete(id);
        signal?.removeEventListener("abort", abort);
        if (pending.size > 0 || running.ending) return;
        child.unref();
        child.channel?.unref();
      };
      const succeed = (result: Results[T]): void => {
        settle();
        resolve(result);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      pending.set(id, { resolve: succeed, reject: fail, onNode, busy: Promise.resolve() });
      // While an answer is due, this process waits for it.
      child.ref();
      child.channel?.ref();
      signal?.addEventListener("abort", abort, { once: true });
      if (!send(child, { id, work })) fail(new ComputeProcessError("the compute process cannot be reached"));
    });
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function send(child: ChildProcess, request: Request): boolean {
  if (!child.connected) return false;
  child.send(request);
  return true;
}

function receive(pending: Map<number, Pending>, reply: Reply): void {
  const waiting = pending.get(reply.id);
  if (waiting === undefined) return;
  if ("failure" in reply) return waiting.reject(errorOf(reply.failure));
  if ("node" in reply) {
    const traced = withoutBytes(reply.node);
    waiting.busy = waiting.busy.then(() => waiting.onNode?.(traced));
    waiting.busy.catch((error: unknown) => waiting.reject(error instanceof Error ? error : new Error(String(error))));
    return;
  }
  waiting.busy.then(() => waiting.resolve(reply.result as never)).catch(() => undefined);
}

/** The bytes of a traced node stay where they were computed: copying them all would cost more than hashing them. */
function withoutBytes(node: Omit<TracedNode, "bytes">): TracedNode {
  return {
    ...node,
    get bytes(): Uint8Array {
      throw new InvalidInputError("the bytes of a traced node stay in the compute process; ask for the node's value");
    },
  };
}

function errorOf({ code, message, hint }: Failure): Error {
  const options = hint === undefined ? {} : { hint };
  if (code === "ABORTED") return new AbortedError(message, options);
  if (code === "INVALID_INPUT") return new InvalidInputError(message, options);
  if (code === "CONFIGURATION") return new ConfigurationError(message, options);
  if (code === "DEVICE_FAULT") return new DeviceFaultError(message, options);
  return new ComputeProcessError(message, options);
}

function remoteExecutor(link: Link, program: Program, constants: readonly Tensor[]): Executor {
  const id = link.newProgram();
  const open = (): Extract<Work, { type: "open" }> => ({
    type: "open",
    program: id,
    bytes: encodeProgram(program),
    constants,
  });
  let isDisposed = false;
  /** A program that was closed is not opened again by whoever still holds its executor: nobody would close it. */
  const on: typeof link.on = async (...args) => {
    if (isDisposed) throw programClosed();
    try {
      return await link.on(...args);
    } catch (error) {
      // Closed before the request reached the process, which knows nothing of it any more.
      throw isDisposed && error instanceof InvalidInputError ? programClosed() : error;
    }
  };
  return {
    outputs: (inputs, { signal } = {}) => on<"outputs">(id, open, { type: "outputs", program: id, inputs }, { signal }),
    run: (inputs, { signal, nodes } = {}) =>
      on<"run">(id, open, { type: "run", program: id, inputs, nodes }, { signal }),
    excerpts: (inputs, wanted, { signal } = {}) =>
      on<"excerpts">(id, open, { type: "excerpts", program: id, inputs, wanted }, { signal }),
    trace(inputs: RunInputs, { signal, known = {}, hold = false, onNode }: TraceOptions = {}): Promise<RunTrace> {
      const work = { type: "trace", program: id, inputs, known, hold, nodes: onNode !== undefined } as const;
      return on<"trace">(id, open, work, { signal, onNode });
    },
    dispose() {
      isDisposed = true;
      link.close(id);
    },
  };
}
