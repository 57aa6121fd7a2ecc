import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, cp, mkdir, readFile, stat } from "node:fs/promises";
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

/**
 * Finds a place for PostgreSQL. Root's processes leave it to another user, who must be able to reach programs and data: where the repository
 * or the network's folder lies in a closed one, such as /root, both are kept under /var/lib/orion.
 */
export async function placePostgres(native: string, dataDir: string): Promise<PostgresPlace> {
  if (process.getuid?.() !== 0) {
    return { programs: path.join(native, "bin"), folder: await made(dataDir), owner: undefined };
  }
  const owner = await standIn();
  const isOpen = (await canReach(owner, native)) && (await canReach(owner, path.dirname(dataDir)));
  const base = isOpen ? undefined : path.join(SHARED_FOLDER, nameOf(dataDir));
  const folder = await made(base === undefined ? dataDir : path.join(base, "data"), owner);
  return { programs: path.join(base === undefined ? native : await copied(native, base), "bin"), folder, owner };
}

/** Different data folders get different places. */
function nameOf(dataDir: string): string {
  return createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
}

async function copied(native: string, base: string): Promise<string> {
  const copy = path.join(base, "postgres");
  if (!existsSync(path.join(copy, "bin/postgres"))) await cp(native, copy, { recursive: true, verbatimSymlinks: true });
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
