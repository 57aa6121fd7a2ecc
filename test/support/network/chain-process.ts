import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { patient } from "../patience.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const START_TIMEOUT_MS = patient(60_000);
const POLL_MS = 50;

export interface ChainProcess {
  readonly url: string;
  /** One JSON-RPC call, such as `evm_increaseTime`. */
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Hardhat's node as its own process, on a free port of the loopback interface. */
export async function startHardhat(): Promise<ChainProcess> {
  const port = await freePort();
  const args = [path.join(ROOT, "node_modules/hardhat/dist/src/cli.js"), "node", "--hostname", "127.0.0.1"];
  return whenReady(spawn(process.execPath, [...args, "--port", String(port)], { cwd: ROOT, stdio: "ignore" }), port);
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

/** Anvil, which can reorganise its chain and stop mining; a block per transaction unless told otherwise. */
export async function startAnvil(binary: string, more: readonly string[] = []): Promise<ChainProcess> {
  const port = await freePort();
  const args = [
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--hardfork",
    "cancun",
    "--silent",
    "--accounts",
    "20",
    ...more,
  ];
  return whenReady(spawn(binary, args, { stdio: "ignore" }), port);
}

async function whenReady(child: ChildProcess, port: number): Promise<ChainProcess> {
  const url = `http://127.0.0.1:${String(port)}`;
  const rpc = (method: string, params: readonly unknown[] = []): Promise<unknown> => call(url, method, params);
  const stop = stopper(child);
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end && child.exitCode === null) {
    const ready = await rpc("eth_chainId").catch(() => undefined);
    if (ready !== undefined) return { url, rpc, stop };
    await delay(POLL_MS);
  }
  await stop();
  throw new Error(`the chain on port ${String(port)} did not start`);
}

const children = new Set<ChildProcess>();
process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Gives what ends a child for certain; it also ends when this process exits without asking. */
export function stopper(child: ChildProcess): () => Promise<void> {
  children.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  void exited.then(() => children.delete(child));
  return async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await exited;
  };
}

async function call(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
