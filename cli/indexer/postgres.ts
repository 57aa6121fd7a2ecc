import { randomBytes } from "node:crypto";
import { lchown, readdir, readFile, readlink, realpath, rename, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { Client } from "pg";

import { AbortedError, ConfigurationError } from "@orion/protocol/common";

import { writeWhole } from "../core/write-file.ts";
import { LOOPBACK } from "../devnet/ports.ts";
import type { Child } from "../process/child.ts";
import { unlessEnded } from "../process/child.ts";
import { startNative } from "../process/native-child.ts";
import { IndexError } from "./errors.ts";
import { placePostgres, type PostgresPlace } from "./postgres-place.ts";

export interface PostgresOptions {
  /** The package's folder with `bin`, `lib` and `share`. */
  readonly native: string;
  readonly dataDir: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Postgres {
  readonly child: Child;
  /** With the password in it: for the environment of a process, never for a log. */
  readonly url: string;
  /** Makes the database anew, empty. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const USER = "orion";
const DATABASE = "graph_node";
const MAJOR_VERSION = "18";
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
/** Longer than a program may take to stop after its parent was killed. */
const LEFT_BEHIND_MS = 15_000;

/**
 * The index can always be made again from the chain, but never be inconsistent: commits may be written a moment later. Nobody copies the
 * log elsewhere. graph-node wants the statistics.
 */
const SETTINGS = {
  synchronous_commit: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "256MB",
  max_connections: "60",
  shared_preload_libraries: "pg_stat_statements",
  unix_socket_directories: "",
  log_min_messages: "warning",
};

/**
 * Starts PostgreSQL on the loopback interface, with a password of its own; the first start makes its files, later ones go on with them.
 * @throws ConfigurationError when these files are in use, IndexError when it does not start, AbortedError
 */
export async function startPostgres({ native, dataDir, port, signal }: PostgresOptions): Promise<Postgres> {
  const place = await placePostgres(native, dataDir);
  const data = path.join(place.folder, "data");
  await untilFree(data, signal);
  const password = await preparedFiles(place, data, signal);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = run("postgresql", place, "postgres", ["-D", data, "-h", LOOPBACK, "-p", String(port), ...settings]);
  const urlOf = (database: string): string => `postgresql://${USER}:${password}@${LOOPBACK}:${port}/${database}`;
  try {
    await unlessEnded([child], untilAnswering(urlOf("postgres"), signal));
    await execute(urlOf("postgres"), [], DATABASE);
  } catch (error) {
    await child.stop();
    throw startFailure(error, child);
  }
  return {
    child,
    url: urlOf(DATABASE),
    clear: () => execute(urlOf("postgres"), [`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`], DATABASE),
    stop: () => child.stop(),
  };
}

function run(
  name: string,
  { programs, folder, owner }: PostgresPlace,
  program: string,
  args: readonly string[],
): Child {
  return startNative({
    name,
    program: path.join(programs, program),
    args,
    cwd: folder,
    owner,
    // Its messages are understood here, whatever language the user reads.
    env: { LC_ALL: "C" },
  });
}

/**
 * Waits until a server has ended that an index left behind when it was killed, and then removes the file with that server's process number: the number may
 * be another process's by now, which PostgreSQL would take for a server. Two servers on one folder would destroy it.
 */
async function untilFree(data: string, signal: AbortSignal | undefined): Promise<void> {
  const end = performance.now() + LEFT_BEHIND_MS;
  for (;;) {
    const [pid] = await processesIn(data);
    if (pid === undefined) return rm(path.join(data, "postmaster.pid"), { force: true });
    if (signal?.aborted === true) throw new AbortedError("stopped while PostgreSQL was starting");
    if (performance.now() >= end) {
      throw new ConfigurationError(`a PostgreSQL server is running on ${data} already (process ${pid})`, {
        hint: "stop it first, or choose another folder with --data-dir",
      });
    }
    await delay(POLL_MS);
  }
}

/** Processes that work in a folder, as every process of a PostgreSQL server does in that of its data. */
async function processesIn(folder: string): Promise<number[]> {
  const place = await realpath(folder).catch(() => undefined);
  if (place === undefined) return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return pids.filter((_, i) => places[i] === place).map(Number);
}

/** Makes the files on the first start, or where they are another version's; gives the password. */
async function preparedFiles(place: PostgresPlace, data: string, signal: AbortSignal | undefined): Promise<string> {
  const passwordFile = path.join(place.folder, "password");
  const version = await readFile(path.join(data, "PG_VERSION"), "utf8").catch(() => "");
  const known = await readFile(passwordFile, "utf8").catch(() => undefined);
  if (version.trim() === MAJOR_VERSION && known !== undefined) return known;
  const password = randomBytes(18).toString("base64url");
  await writeWhole(passwordFile, password, { mode: 0o600 });
  if (place.owner !== undefined) await lchown(passwordFile, place.owner.uid, place.owner.gid);
  // Made beside its place, so that an interrupted start leaves nothing that looks complete.
  const draft = `${data}.new`;
  for (const folder of [draft, data]) await rm(folder, { recursive: true, force: true });
  const options = ["--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--encoding=UTF8", "--locale=C", "--no-sync"];
  const child = run("initdb", place, "initdb", ["-D", draft, "-U", USER, ...options]);
  const stop = (): void => void child.stop();
  signal?.addEventListener("abort", stop, { once: true });
  const how = await child.ended;
  signal?.removeEventListener("abort", stop);
  if (signal?.aborted === true) throw new AbortedError("stopped while PostgreSQL was set up");
  if (how !== "exit code 0") throw startFailure(new Error(how), child);
  await rename(draft, data);
  return password;
}

async function untilAnswering(url: string, signal: AbortSignal | undefined): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  let last: unknown;
  while (performance.now() < end) {
    if (signal?.aborted === true) throw new AbortedError("stopped while PostgreSQL was starting");
    try {
      await withConnection(url, (client) => client.query("SELECT 1"));
      return;
    } catch (error) {
      last = error;
    }
    await delay(POLL_MS);
  }
  throw new IndexError(`PostgreSQL did not answer within ${START_TIMEOUT_MS / 1000} s`, { cause: last });
}

/** Runs statements, and then makes the database if there is none. */
async function execute(url: string, statements: readonly string[], database: string): Promise<void> {
  await withConnection(url, async (client) => {
    for (const statement of statements) await client.query(statement);
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database}`);
  });
}

async function withConnection<T>(connectionString: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString });
  // An error event comes beside the rejected call when the server goes away; the call's caller is told.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function startFailure(error: unknown, child: Child): unknown {
  if (error instanceof AbortedError || child.tail().length === 0) return error;
  return new IndexError(`PostgreSQL did not start: ${child.tail().slice(-3).join(" ")}`, {
    cause: error,
    hint: "is the disk full, or the data folder not this user's? Remove the folder to begin anew: the index is made again from the chain",
  });
}
