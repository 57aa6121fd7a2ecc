import { mkdir } from "node:fs/promises";
import path from "node:path";

import type { NetworkFile } from "@orion/protocol/chain";
import {
  AbortedError,
  ConfigurationError,
  silentLogger,
  systemClock,
  timeLimit,
  UnavailableError,
  type Logger,
  type Service,
} from "@orion/protocol/common";
import { LOCK_FILE, lockFolder, type FolderLock } from "@orion/protocol/common/node";
import { prepareSubgraph } from "@orion/subgraph";

import { toJson } from "../core/json.ts";
import { requireReplaceable } from "../core/replaceable-folder.ts";
import { claimPort, EVERY_INTERFACE, LOOPBACK } from "../devnet/ports.ts";
import { chainHead, rpc } from "../devnet/rpc.ts";
import { unlessEnded, type Child } from "../process/child.ts";
import { replaceableChild } from "../process/replaceable-child.ts";
import { graphNodeProgram, postgresFolder } from "./binaries.ts";
import { createChainGuard } from "./chain-guard.ts";
import { startGraphNode, type GraphNode, type GraphNodePorts } from "./graph-node.ts";
import { writeIdleSubgraph } from "./idle-subgraph.ts";
import {
  forgetIdentity,
  identityOf,
  isIndexOf,
  placeBuild,
  rememberIdentity,
  type IndexIdentity,
  type PlacedBuild,
} from "./index-files.ts";
import { publishIndex, withdrawIndex } from "./place.ts";
import { startPostgres } from "./postgres.ts";
import { askStatus } from "./status.ts";
import { untilQueryable } from "./until-queryable.ts";
import { createWatchdog } from "./watchdog.ts";

export interface IndexPorts extends GraphNodePorts {
  readonly postgres: number;
}

export interface IndexOptions {
  readonly network: NetworkFile;
  /** Folder of the database and the built subgraph; kept between starts. */
  readonly dataDir: string;
  /** 0, and what is left out, takes a free one. */
  readonly ports?: Partial<IndexPorts>;
  /** Where it is to be published, so that `orion query` finds it. */
  readonly networkFile?: string;
  /** Forget what was indexed by earlier starts. */
  readonly reset?: boolean;
  readonly log?: Logger;
  /** How long graph-node may stand still behind the chain before it is started anew; a minute when left out. */
  readonly patienceMs?: number;
  readonly onStep?: (label: string) => void;
  readonly signal?: AbortSignal;
}

/** A running index of a network. */
export interface Index {
  /** Answers GraphQL. */
  readonly url: string;
  /** Answers GraphQL about the index itself. */
  readonly statusUrl: string;
  readonly dataDir: string;
  /** Whether it goes on with what earlier starts have indexed. */
  readonly resumed: boolean;
  readonly children: readonly Child[];
  /** Rejects with ConfigurationError when another chain answers in the place of the indexed one, as when a local network was started anew. */
  readonly chainReplaced: Promise<never>;
  stop(): Promise<void>;
}

const NAME = "orion";
const IPFS_TIMEOUT_MS = 30_000;
/** Of graph-node, before its end is taken to be for good. */
const MOST_STARTS = 3;
const ENDED_MS = 1_000;
/** What the folder of an index holds. */
const KEPT = ["subgraph", "deployed", "idle", "postgres", "identity.json", LOCK_FILE];

/**
 * Starts graph-node and PostgreSQL beside a network and has them index it. Returns as soon as queries are answered; the index may then
 * still be behind the chain. The contracts must be compiled.
 * @throws ConfigurationError for a taken port or data in use, NoBinaryError, UnavailableError when chain or IPFS does not answer, SubgraphError
 * when the subgraph can't be built, IndexError for what goes wrong in the programs, AbortedError
 */
export async function startIndex(options: IndexOptions): Promise<Index> {
  const { network, signal, log = silentLogger } = options;
  const programs = { native: postgresFolder(), graphNode: graphNodeProgram() };
  const dataDir = path.resolve(options.dataDir);
  const ports = await claimPorts(options.ports ?? {});
  const step = (label: string): void => {
    if (signal?.aborted === true) throw new AbortedError("stopped while the index was starting");
    options.onStep?.(label);
  };
  step("looking for chain and IPFS");
  await requireNetwork(network, signal);
  const lock = await ownFolder(dataDir);
  const url = `http://${LOOPBACK}:${ports.queries}/subgraphs/name/${NAME}`;
  const statusUrl = `http://${LOOPBACK}:${ports.status}/graphql`;
  const children: Child[] = [];
  const watching = new AbortController();
  let watched: Promise<unknown> = Promise.resolve();
  const stop = async (): Promise<void> => {
    watching.abort();
    await watched;
    await stopIndex(children, options.networkFile, url);
    lock.release();
  };
  try {
    const { folder, manifest } = await builtSubgraph(options, dataDir, step);
    const identity = await identityOf(network, manifest);
    const resumed = options.reset !== true && (await isIndexOf(dataDir, identity));
    if (!resumed) await forgetIdentity(dataDir);
    step("starting PostgreSQL");
    const postgres = await startPostgres({
      native: programs.native,
      dataDir: path.join(dataDir, "postgres"),
      port: ports.postgres,
      signal,
    });
    children.push(postgres.child);
    if (!resumed) await postgres.clear();
    step("starting graph-node");
    const idle = await writeIdleSubgraph(path.join(dataDir, "idle"), network.name, Math.max(1, network.deployBlock));
    const startNode = (until: AbortSignal | undefined): Promise<GraphNode> =>
      startGraphNode({
        ...{ program: programs.graphNode, folder, manifest: idle, network, postgresUrl: postgres.url, ports, log },
        signal: until,
      });
    const begin = async (node: GraphNode): Promise<void> => {
      await node.deploy(NAME, manifest);
      await untilQueryable({ url, statusUrl }, NAME, signal);
    };
    const nodeChild = replaceableChild(await begun(() => startNode(signal), begin, children, log));
    children.push(nodeChild);
    await rememberIdentity(dataDir, identity);
    if (options.networkFile !== undefined) await publishIndex(options.networkFile, url);
    const watchdog = createWatchdog({
      ...{ log, clock: systemClock, patienceMs: options.patienceMs },
      chainHead: (until) => chainHead(network.rpcUrl, until),
      status: (until) => askStatus(statusUrl, NAME, until),
      restart: (until) => nodeChild.replace(() => deployed(startNode(until), manifest)),
    });
    const guard = guardChain(network, manifest, identity, log);
    watched = Promise.all([watchdog, guard.service].map((service) => service.run(watching.signal)));
    return { url, statusUrl, dataDir, resumed, children, chainReplaced: guard.replaced, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function guardChain(
  network: NetworkFile,
  manifest: string,
  indexed: IndexIdentity,
  log: Logger,
): { service: Service; replaced: Promise<never> } {
  const { promise: replaced, reject } = Promise.withResolvers<never>();
  // Who does not wait for it need not know.
  replaced.catch(() => undefined);
  const service = createChainGuard({
    ...{ clock: systemClock, log, indexed: toJson(indexed) },
    identity: async (signal) => {
      const now = await identityOf(network, manifest, signal).catch(() => undefined);
      // A chain that has not come to the deployment yet, or a node that has not, may still become the one that is indexed.
      return now === undefined || now.deployBlock === "" ? undefined : toJson(now);
    },
    onOther: () => {
      const what = `another chain answers at ${network.rpcUrl} than the one that is indexed`;
      reject(new ConfigurationError(what, { hint: "start the index again: it drops what it has of the old chain" }));
    },
  });
  return { service, replaced };
}

/** Nothing in it is touched before: another index may live on it. */
async function ownFolder(dataDir: string): Promise<FolderLock> {
  await requireReplaceable(dataDir, KEPT, "--data-dir");
  await mkdir(dataDir, { recursive: true });
  const lock = lockFolder(dataDir);
  if (lock !== undefined) return lock;
  throw new ConfigurationError(`an index with the data in ${dataDir} is running already`, {
    hint: "stop it first, or choose another folder with --data-dir",
  });
}

async function builtSubgraph(
  { network, signal }: IndexOptions,
  dataDir: string,
  onStep: (label: string) => void,
): Promise<PlacedBuild> {
  const outDir = path.join(dataDir, "subgraph");
  const { dir } = await prepareSubgraph({ network, outDir, onStep, ...(signal === undefined ? {} : { signal }) });
  return placeBuild(path.join(dir, "build"), path.join(dataDir, "deployed"));
}

/** The process of a graph-node that has begun; one that ends by itself as it begins is started again. */
async function begun(
  start: () => Promise<GraphNode>,
  begin: (node: GraphNode) => Promise<void>,
  others: readonly Child[],
  log: Logger,
): Promise<Child> {
  for (let starts = 1; ; starts++) {
    const node = await start();
    try {
      await unlessEnded([...others, node.child], begin(node));
      return node.child;
    } catch (error) {
      // A call that it does not answer any more may be the first sign.
      const how = await Promise.race([node.child.ended, systemClock.sleep(ENDED_MS).then(() => undefined)]);
      await node.child.stop();
      if (how === undefined || starts >= MOST_STARTS || error instanceof AbortedError) throw error;
      const said = node.child.tail().slice(-3);
      log.warn({ starts, said }, `graph-node ended (${how}) as it began: it is started again`);
    }
  }
}

/** The process of a graph-node that has been given the subgraph. */
async function deployed(starting: Promise<GraphNode>, manifest: string): Promise<Child> {
  const node = await starting;
  try {
    await node.deploy(NAME, manifest);
    return node.child;
  } catch (error) {
    await node.child.stop();
    throw error;
  }
}

/** The last one that was started first: graph-node complains about a database that is gone. */
async function stopIndex(children: readonly Child[], networkFile: string | undefined, url: string): Promise<void> {
  if (networkFile !== undefined) await withdrawIndex(networkFile, url);
  for (const child of children.toReversed()) await child.stop();
}

const FLAGS: Readonly<Record<keyof IndexPorts, string>> = {
  queries: "--port",
  admin: "--admin-port",
  status: "--status-port",
  metrics: "--metrics-port",
  postgres: "--postgres-port",
};

async function claimPorts(wanted: Partial<IndexPorts>): Promise<IndexPorts> {
  const names = Object.keys(FLAGS) as (keyof IndexPorts)[];
  // All at the same time, so that no free port is given twice.
  const claim = async (name: keyof IndexPorts): Promise<[string, number]> => {
    // graph-node cannot be told to listen on one.
    const host = name === "postgres" ? LOOPBACK : EVERY_INTERFACE;
    return [name, await claimPort(wanted[name] ?? 0, FLAGS[name], host)];
  };
  const claimed = await Promise.all(names.map(claim));
  return Object.fromEntries(claimed) as Record<keyof IndexPorts, number>;
}

/** What graph-node says about a chain or IPFS that it does not reach helps nobody. */
async function requireNetwork(network: NetworkFile, stop: AbortSignal | undefined): Promise<void> {
  if (!/^[\w.-]+$/.test(network.name)) {
    throw new ConfigurationError(`graph-node can't follow a network with the name ${JSON.stringify(network.name)}`, {
      hint: "let the name in the network file consist of letters, digits, dots and hyphens",
    });
  }
  const id = Number(await rpc(network.rpcUrl, "eth_chainId", [], stop));
  if (id !== network.chainId) {
    throw new ConfigurationError(
      `the chain at ${network.rpcUrl} has id ${id}, the network file says ${network.chainId}`,
      {
        hint: "point rpcUrl at the right chain, or use the network file of this one",
      },
    );
  }
  const signal = timeLimit(IPFS_TIMEOUT_MS, stop);
  const version = await fetch(new URL("/api/v0/version", network.ipfsUrl), { method: "POST", signal }).catch(
    () => undefined,
  );
  if (version?.ok === true) return;
  if (stop?.aborted === true) throw new AbortedError("stopped while the IPFS node was asked");
  throw new UnavailableError(`the IPFS node at ${network.ipfsUrl} does not answer`, {
    hint: "check that it runs and that ipfsUrl in the network file is right; `orion devnet` starts a local one",
  });
}
