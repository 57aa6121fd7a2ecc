import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { patient } from "../../support/patience.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const START_TIMEOUT_MS = patient(60_000);
const POLL_MS = 100;

export interface ChainProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/** Hardhat's node as its own process, on a free port of the loopback interface. */
export async function startHardhatNode(): Promise<ChainProcess> {
  const port = await freePort();
  const cli = path.join(ROOT, "node_modules/hardhat/dist/src/cli.js");
  const args = [cli, "node", "--hostname", "127.0.0.1", "--port", String(port)];
  return await whenReady(spawn(process.execPath, args, { cwd: ROOT, stdio: "ignore" }), port);
}

/** Path of anvil's binary; undefined where the optional package has no build for this machine. */
export function anvilPath(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/package.json");
    return path.join(path.dirname(manifest), "bin/anvil");
  } catch {
    return undefined;
  }
}

/** Anvil with a chain id of its own, so that nothing takes it for Hardhat's chain. */
export async function startAnvil(binary: string, chainId: number): Promise<ChainProcess> {
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port), "--chain-id", String(chainId), "--hardfork", "cancun"];
  return await whenReady(spawn(binary, [...args, "--block-time", "1"], { stdio: "ignore" }), port);
}

async function whenReady(child: ChildProcess, port: number): Promise<ChainProcess> {
  const url = `http://127.0.0.1:${String(port)}`;
  const exited = new Promise<void>((resolve) =>
    child.once("exit", () => {
      resolve();
    }),
  );
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end && child.exitCode === null) {
    if (await answers(url)) return { url, stop };
    await delay(POLL_MS);
  }
  await stop();
  throw new Error(`the chain on port ${String(port)} did not start`);
}

async function answers(url: string): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  const headers = { "content-type": "application/json" };
  return await fetch(url, { method: "POST", headers, body }).then(
    (response) => response.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
