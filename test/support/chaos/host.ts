import type { ServiceSpec } from "../network/run-service.ts";
import type { EventKind } from "./plan.ts";

/** One run of a service, from its start to its end. */
export interface Life {
  /** How it ended: by a signal, by an exit code, or by the error that it threw. */
  readonly ended: Promise<string>;
  /** Ends it at once, whatever it is doing. */
  kill(): Promise<void>;
  /** Asks it to stop, and waits. */
  stop(): Promise<void>;
}

/** Runs services of one network, and makes things happen to them. */
export interface Host {
  /** Kinds of events that can happen here. */
  readonly kinds: readonly EventKind[];
  start(name: string, spec: ServiceSpec, options: { readonly openFiles?: number }): Life;
  /** Holds a running service up for a time, or sets its clock, or troubles its disk; does nothing to one that does not run. */
  happen(name: string, kind: Exclude<EventKind, "kill">, options: { lastsMs: number; jumpMs: number }): Promise<void>;
  /** Ends every trouble that is still going on. */
  calm(): Promise<void>;
  close(): Promise<void>;
}
