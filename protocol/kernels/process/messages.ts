import type { Tensor } from "../../tensor/types.ts";
import type { Mode } from "../modes.ts";
import type { Refusal } from "../backend.ts";
import type { Rates } from "../cost/work-classes.ts";
import type { Excerpt, KnownRoots, RunInputs, RunTrace, TracedNode } from "../executor.ts";

/** What the child finds out about its device when it starts. */
export interface DeviceFacts {
  readonly name: string;
  readonly mode: Mode;
  readonly macsPerSecond: number;
  readonly rates: Rates;
  readonly refused: readonly Refusal[];
}

/** Prepares a program under a number that later requests name it by. */
export interface OpenRequest {
  readonly type: "open";
  readonly program: number;
  /** Encoded program and its constants in node order. */
  readonly bytes: Uint8Array;
  readonly constants: readonly Tensor[];
}

export type Work =
  | OpenRequest
  | { readonly type: "start"; readonly mode: Mode | "auto" }
  | { readonly type: "outputs"; readonly program: number; readonly inputs: RunInputs }
  | {
      readonly type: "run";
      readonly program: number;
      readonly inputs: RunInputs;
      readonly nodes: readonly number[] | undefined;
    }
  | {
      readonly type: "excerpts";
      readonly program: number;
      readonly inputs: RunInputs;
      readonly wanted: readonly Excerpt[];
    }
  | {
      readonly type: "trace";
      readonly program: number;
      readonly inputs: RunInputs;
      readonly known: KnownRoots;
      readonly hold: boolean;
      /** Whether the chunk hashes of each node are wanted as well. */
      readonly nodes: boolean;
    }
  | { readonly type: "close"; readonly program: number };

/** To the child. */
export type Request = { readonly id: number; readonly work: Work } | { readonly abort: number };

/** What each kind of work gives. */
export interface Results {
  readonly start: DeviceFacts;
  readonly open: undefined;
  readonly outputs: Tensor[];
  readonly run: Tensor[];
  readonly excerpts: Uint8Array[];
  readonly trace: RunTrace;
  readonly close: undefined;
}

/** An error as it crosses the border between the processes. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** From the child. */
export type Reply =
  | { readonly id: number; readonly result: Results[Work["type"]] }
  | { readonly id: number; readonly node: Omit<TracedNode, "bytes"> }
  | { readonly id: number; readonly failure: Failure };
