import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { ConfigurationError } from "@orion/protocol/common";

import type { ProcessOwner } from "../process/native-child.ts";

/** Where PostgreSQL's programs and data lie, and who runs it. */
export interface PostgresPlace {
  readonly programs: string;
  /** Belongs to that user. */
  readonly folder: string;
  /** Undefined where this process's own user runs it. */
  readonly owner: ProcessOwner | undefined;
}

/** Users that PostgreSQL runs as where this process is root's: it refuses root. */
const STAND_INS = ["postgres", "nobody"];
/** Of root's: a folder that other users can reach, for what lies where they can't. */
const SHARED_FOLDER = "/var/lib/orion";
/** In a shared place: the data folder that it stands for. */
const ORIGIN = "origin";

/**
 * Finds a place for PostgreSQL. Root's processes leave it to another user, who must be able to reach programs and data: where the repository
 * or the network's folder lies in a closed one, such as /root, both are kept under /var/lib/orion.
 */
export async function placePostgres(native: string, dataDir: string): Promise<PostgresPlace> {
  if (process.getuid?.() !== 0) {
    return { programs: path.join(native, "bin"), folder: await made(dataDir), owner: undefined };
  }
  const owner = await standIn();
  const programs = (await canReach(owner, native)) ? native : await sharedPrograms(native);
  const folder = (await canReach(owner, path.dirname(dataDir))) ? dataDir : await sharedPlace(dataDir);
  return { programs: path.join(programs, "bin"), folder: await made(folder, owner), owner };
}

/** The place of a data folder that others can't reach; places whose data folder is gone are removed. */
async function sharedPlace(dataDir: string): Promise<string> {
  const places = path.join(SHARED_FOLDER, "data");
  await mkdir(places, { recursive: true });
  for (const name of await readdir(places)) {
    const origin = await readFile(path.join(places, name, ORIGIN), "utf8").catch(() => "");
    if (!existsSync(origin)) await rm(path.join(places, name), { recursive: true, force: true });
  }
  const place = path.join(places, createHash("sha256").update(dataDir).digest("hex").slice(0, 16));
  await mkdir(place, { recursive: true });
  await mkdir(dataDir, { recursive: true });
  await writeFile(path.join(place, ORIGIN), dataDir);
  return path.join(place, "postgres");
}

/** One copy of the programs for every network, named after their size and date: another version is another copy. */
async function sharedPrograms(native: string): Promise<string> {
  const { size, mtimeMs } = await stat(path.join(native, "bin/postgres"));
  const copy = path.join(SHARED_FOLDER, `postgres-${size}-${Math.trunc(mtimeMs)}`);
  if (existsSync(copy)) return copy;
  await mkdir(SHARED_FOLDER, { recursive: true });
  const draft = await mkdtemp(`${copy}-`);
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await chmod(draft, 0o755);
  await rename(draft, copy).catch(async (error: unknown) => {
    // Another start was faster.
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  });
  return copy;
}

async function made(folder: string, owner?: ProcessOwner): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (owner === undefined) return folder;
  await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o700);
  return folder;
}

async function standIn(): Promise<ProcessOwner> {
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of STAND_INS) {
    const [, , uid, gid] = users.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new ConfigurationError(`PostgreSQL refuses to run as root, and there is no user ${STAND_INS.join(" or ")}`, {
    hint: "start the index as an ordinary user",
  });
}

/** Whether every folder on the way lets this user pass. */
async function canReach({ uid, gid }: ProcessOwner, folder: string): Promise<boolean> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined) {
      const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
      if ((found.mode & bit) === 0) return false;
    }
    if (at === path.dirname(at)) return true;
  }
}
