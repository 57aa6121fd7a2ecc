import { Option } from "commander";

import { MODES, type Mode } from "@orion/protocol/kernels";

import {
  keyOptions,
  logOptions,
  networkOptions,
  wholeNumber,
  type KeyFlags,
  type LogFlags,
  type NetworkFlags,
} from "./options.ts";
import { parseBytes } from "./sizes.ts";

/** What every command that runs until it is stopped can be told. */
export interface ServiceFlags extends KeyFlags, NetworkFlags, LogFlags {
  /** Milliseconds. */
  readonly interval: number;
}

/** How a service computes. */
export interface ComputeFlags {
  /** Bytes. */
  readonly maxMemory?: bigint;
  readonly mode: Mode | "auto";
}

const SHORTEST_INTERVAL_MS = 50;
const LONGEST_INTERVAL_MS = 3_600_000;

export function serviceOptions(intervalMs: number): readonly Option[] {
  return [
    new Option("--interval <ms>", "pause between looks at the chain")
      .argParser(wholeNumber(SHORTEST_INTERVAL_MS, LONGEST_INTERVAL_MS))
      .default(intervalMs),
    ...logOptions,
    ...keyOptions,
    ...networkOptions,
  ];
}

export const computeOptions: readonly Option[] = [
  new Option("--max-memory <size>", "leave out programs that need more, e.g. 4GiB").argParser(parseBytes),
  new Option(
    "--mode <mode>",
    "how to compute: the WebAssembly kernels, or a mode of gpu.js; auto takes the fastest exact one",
  )
    .choices(["auto", ...MODES])
    .default("auto"),
];
