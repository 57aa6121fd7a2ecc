import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { AbortedError, ConfigurationError, UnavailableError } from "@orion/protocol/common";

import { startChild, unlessEnded, type Child } from "../process/child.ts";
import { LOOPBACK } from "./ports.ts";
import { rpc } from "./rpc.ts";

export interface ChainProcess {
  readonly url: string;
  readonly child: Child;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const START_TIMEOUT_MS = 90_000;
const POLL_MS = 100;
const CONFIG = fileURLToPath(new URL("./hardhat.config.ts", import.meta.url));

/** Starts Hardhat's node as a JSON-RPC server of its own process on the loopback interface. */
export async function startChain(port: number, signal?: AbortSignal): Promise<ChainProcess> {
  const url = `http://${LOOPBACK}:${port}`;
  const child = startChild({
    name: "chain",
    script: hardhatCli(),
    args: ["--config", CONFIG, "node", "--hostname", LOOPBACK, "--port", String(port), "--network", "node"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  });
  try {
    await unlessEnded([child], untilAnswering(url, signal));
    return { url, child };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function untilAnswering(url: string, signal?: AbortSignal): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < end) {
    if (signal?.aborted === true) throw new AbortedError("stopped while the chain was starting");
    try {
      await rpc(url, "eth_chainId", []);
      return;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
    }
    await delay(POLL_MS);
  }
  throw new UnavailableError(`the chain did not start within ${START_TIMEOUT_MS / 1000} s`);
}

function hardhatCli(): string {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve("hardhat/package.json");
    const { bin } = require(manifest) as { bin: string | { hardhat: string } };
    return path.join(path.dirname(manifest), typeof bin === "string" ? bin : bin.hardhat);
  } catch (cause) {
    throw new ConfigurationError("Hardhat is not installed", {
      cause,
      hint: "install the development packages too: `npm ci`",
    });
  }
}
