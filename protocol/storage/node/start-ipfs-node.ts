import path from "node:path";
import { ConfigurationError } from "@orion/protocol/common";
import type { FastifyInstance } from "fastify";
import manifest from "../../package.json" with { type: "json" };
import { MAX_BLOCK_BYTES } from "../limits.ts";
import { openBlocks } from "./blocks.ts";
import { trackConnections } from "./connections.ts";
import type { NodeContext } from "./context.ts";
import { loadPeerId } from "./identity.ts";
import { openPins } from "./pins.ts";
import { createServer } from "./server.ts";
import type { IpfsNode, IpfsNodeOptions, NodeLog } from "./types.ts";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_MAX_UPLOAD_BYTES = 1024 * 1024 * 1024;
/** Requests under way may end by themselves for this long after `stop`. Milliseconds. */
const GRACE_MS = 2_000;

const SILENT: NodeLog = { info: () => {}, warn: () => {}, error: () => {} };

/** See `start-lazily.ts`. */
export async function startIpfsNode(options: IpfsNodeOptions): Promise<IpfsNode> {
  const host = options.host ?? DEFAULT_HOST;
  const log = options.log ?? SILENT;
  assertGuarded(host, options.token);
  const context = await openContext(options, log);
  const rules = { allowedOrigins: options.allowedOrigins ?? [], token: options.token };
  const app = createServer(context, rules, log);
  const closeUnused = trackConnections(app.server);
  const url = await listen(app, host, options.port ?? 0);
  log.info({ url, dataDir: options.dataDir }, "ipfs node listens");
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= close(app, closeUnused));
  return { url, gatewayUrl: url, stop };
}

function assertGuarded(host: string, token: string | undefined): void {
  const loopback = host === "localhost" || host === "::1" || /^127\./.test(host);
  if (loopback || token !== undefined) return;
  throw new ConfigurationError(`the IPFS node would let anybody who reaches ${host} write to this disk`, {
    hint: "set a token, or listen on 127.0.0.1",
  });
}

async function openContext(options: IpfsNodeOptions, log: NodeLog): Promise<NodeContext> {
  const maxBlockBytes = options.maxBlockBytes ?? MAX_BLOCK_BYTES;
  const onDamaged = (file: string): void =>
    log.error({ file }, "a file of blocks is damaged: store its content again, then remove it");
  try {
    return {
      blocks: await openBlocks(path.join(options.dataDir, "blocks"), maxBlockBytes, onDamaged),
      pins: await openPins(path.join(options.dataDir, "pins")),
      peerId: await loadPeerId(options.dataDir),
      version: manifest.version,
      maxBlockBytes,
      maxUploadBytes: options.maxUploadBytes ?? DEFAULT_MAX_UPLOAD_BYTES,
    };
  } catch (cause) {
    throw new ConfigurationError(`the IPFS node cannot use the folder ${options.dataDir}: ${reason(cause)}`, {
      hint: "name a folder that this user may write to",
      cause,
    });
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    const taken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
    const what = taken ? "is already in use" : `cannot be used: ${reason(cause)}`;
    throw new ConfigurationError(`port ${port} of ${host} ${what}`, {
      hint: "stop the other program, or choose another port (0 takes a free one)",
      cause,
    });
  }
  const bound = app.server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no TCP address");
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? DEFAULT_HOST : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${bound.port}`;
}

/** Keep-alive connections of clients that never leave must not hold the process. */
async function close(app: FastifyInstance, closeUnused: () => void): Promise<void> {
  closeUnused();
  const timer = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
