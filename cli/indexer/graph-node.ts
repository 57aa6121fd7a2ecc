import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { AbortedError, UnavailableError, type Logger } from "@orion/protocol/common";

import { LOOPBACK } from "../devnet/ports.ts";
import { rpc } from "../devnet/rpc.ts";
import { unlessEnded, type Child } from "../process/child.ts";
import { startNative } from "../process/native-child.ts";
import { IndexError } from "./errors.ts";
import { graphNodeLog } from "./graph-node-log.ts";

export interface GraphNodePorts {
  /** GraphQL. */
  readonly queries: number;
  /** Where deployments are asked for: whoever reaches it can change the index. */
  readonly admin: number;
  /** GraphQL about the state of the index itself. */
  readonly status: number;
  readonly metrics: number;
}

export interface GraphNodeOptions {
  readonly program: string;
  /** Deployments are named by their paths from here. */
  readonly folder: string;
  /** Manifest of the subgraph that it is started with. */
  readonly manifest: string;
  readonly network: { readonly name: string; readonly rpcUrl: string; readonly ipfsUrl: string };
  readonly postgresUrl: string;
  readonly ports: GraphNodePorts;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

export interface GraphNode {
  readonly child: Child;
  /** Has it index the subgraph of this manifest, or go on with it, under this name. @throws IndexError */
  deploy(name: string, manifest: string): Promise<void>;
}

/** A block is asked for this often; together with graph-node's own half second it stays well within two seconds. */
const POLLING_MS = 200;
/** Blocks that a reorganisation may still replace: near the head it goes block by block. */
const REORG_THRESHOLD = 50;
/** A new block is looked for this often although none was announced: an announcement may be lost. */
const LOOK_AGAIN_SECONDS = 5;
/** After an error that may go away by itself, such as of the database; by its own measure graph-node waits for minutes. */
const RETRY_SECONDS = 10;
/** As long as it is behind the chain it writes what it has taken in together, by its own measure only after minutes. */
const BATCH_SECONDS = 5;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
/** Name that graph-node gives to the subgraph it is started with. */
const STARTED_WITH = "subgraph-0";

/** @throws IndexError when it ends or does not answer, AbortedError */
export async function startGraphNode(options: GraphNodeOptions): Promise<GraphNode> {
  const { ports, signal } = options;
  const { hear, complaints, ending } = graphNodeLog(options.log, path.dirname(options.manifest));
  const program = startNative({
    name: "graph-node",
    program: options.program,
    args: argumentsOf(options),
    cwd: options.folder,
    env: {
      // Arguments can be read by every user of the machine, and an address may hold a key.
      POSTGRES_URL: options.postgresUrl,
      ETHEREUM_RPC: `${options.network.name}:${options.network.rpcUrl}`,
      IPFS: options.network.ipfsUrl,
      ETHEREUM_POLLING_INTERVAL: String(POLLING_MS),
      ETHEREUM_REORG_THRESHOLD: String(REORG_THRESHOLD),
      // It keeps the chain's last block in mind for up to two seconds, and does not look again when it hears of a new one: it would then not see that
      // one before the next, or half a minute later.
      GRAPH_STORE_DISABLE_CHAIN_HEAD_PTR_CACHE: "true",
      GRAPH_CHAIN_HEAD_WATCHER_TIMEOUT: String(LOOK_AGAIN_SECONDS),
      GRAPH_SUBGRAPH_ERROR_RETRY_CEIL_SECS: String(RETRY_SECONDS),
      GRAPH_STORE_WRITE_BATCH_DURATION: String(BATCH_SECONDS),
      GRAPH_LOG: "info",
      RUST_BACKTRACE: "0",
    },
    onLine: hear,
  });
  const stop = (): Promise<void> => {
    ending();
    return program.stop();
  };
  const child: Child = { ...program, stop };
  try {
    await unlessEnded([child], untilAnswering(ports.status, signal));
  } catch (error) {
    await child.stop();
    throw error instanceof AbortedError ? error : failure("graph-node did not start", complaints, error);
  }
  return { child, deploy: (name, manifest) => deploy(ports.admin, complaints, name, manifest) };
}

function argumentsOf({ manifest, ports }: GraphNodeOptions): string[] {
  return [
    "dev",
    ...["--manifests", manifest],
    ...["--http-port", String(ports.queries)],
    ...["--admin-port", String(ports.admin)],
    ...["--index-node-port", String(ports.status)],
    ...["--metrics-port", String(ports.metrics)],
  ];
}

async function untilAnswering(port: number, signal: AbortSignal | undefined): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < end) {
    if (signal?.aborted === true) throw new AbortedError("stopped while graph-node was starting");
    const body = JSON.stringify({ query: "{ __typename }" });
    const answer = await fetch(`http://${LOOPBACK}:${port}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      ...(signal === undefined ? {} : { signal }),
    }).catch(() => undefined);
    if (answer?.ok === true) return;
    await delay(POLL_MS);
  }
  throw new IndexError(`graph-node did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

async function deploy(port: number, complaints: readonly string[], name: string, manifest: string): Promise<void> {
  const admin = `http://${LOOPBACK}:${port}`;
  try {
    await rpc(admin, "subgraph_create", { name });
    await rpc(admin, "subgraph_deploy", { name, ipfs_hash: manifest });
    // What it was started with has done its part; kept, it would be in the way of the next start.
    await rpc(admin, "subgraph_remove", { name: STARTED_WITH });
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    throw failure("graph-node does not accept the subgraph", complaints, error);
  }
}

function failure(what: string, complaints: readonly string[], cause: unknown): IndexError {
  const why = complaints.at(-1) ?? (cause instanceof Error ? cause.message : String(cause));
  return new IndexError(`${what}: ${why}`, { cause, hint: "run it with --log-level debug to see all that it says" });
}
