import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";
import { flushFolder } from "./durable-files.ts";

export type PinKind = "recursive" | "direct";

export interface Pin {
  cid: CID;
  kind: PinKind;
  name: string;
}

/**
 * The roots that are to be kept. One small file per pin, or per set of pins that were made together, so that a kill at
 * any instant loses no other pin.
 */
export interface Pins {
  get(cid: CID): Pin | undefined;
  all(): readonly Pin[];
  add(cid: CID, kind: PinKind, name?: string): Promise<void>;
  /** As `add` without a name, for many at the price of one. */
  addAll(cids: readonly CID[], kind: PinKind): Promise<void>;
  remove(cid: CID): Promise<void>;
}

/** Starts the name of a file that holds many pins; no base32 text has a dash. */
const SET = "set-";

export async function openPins(folder: string): Promise<Pins> {
  await mkdir(folder, { recursive: true });
  const { pins, sets } = await load(folder);
  let temporary = 0;
  const write = async (file: string, content: object): Promise<void> => {
    const draft = path.join(folder, `.${file}.${temporary++}.tmp`);
    await writeFile(draft, JSON.stringify(content), { flush: true });
    await rename(draft, path.join(folder, file));
    await flushFolder(folder);
  };
  const add = async (cid: CID, kind: PinKind, name: string): Promise<void> => {
    const key = keyOf(cid);
    const old = pins.get(key);
    if (old !== undefined && old.kind === kind && old.name === name) return;
    await write(key, { kind, name });
    pins.set(key, { cid, kind, name });
  };
  const addAll = async (cids: readonly CID[], kind: PinKind): Promise<void> => {
    const fresh = new Map<string, CID>();
    for (const cid of cids) {
      // One that is pinned already, in another way, has a file of its own, which counts for more than a set.
      if (pins.has(keyOf(cid))) await add(cid, kind, "");
      else fresh.set(keyOf(cid), cid);
    }
    const [first, second] = fresh.values();
    if (first !== undefined && second === undefined) await add(first, kind, "");
    if (second === undefined) return;
    const file = SET + randomUUID();
    await write(file, { kind, cids: [...fresh.keys()] });
    sets.set(file, { kind, keys: new Set(fresh.keys()) });
    for (const [key, cid] of fresh) if (!pins.has(key)) pins.set(key, { cid, kind, name: "" });
  };
  const remove = async (cid: CID): Promise<void> => {
    const key = keyOf(cid);
    await rm(path.join(folder, key), { force: true });
    for (const [file, { kind, keys }] of sets) {
      if (!keys.delete(key)) continue;
      if (keys.size > 0) await write(file, { kind, cids: [...keys] });
      else {
        sets.delete(file);
        await rm(path.join(folder, file), { force: true });
      }
    }
    pins.delete(key);
  };
  // Changes one after the other: two that write one set would undo each other.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const mine = last.then(change);
    last = mine.catch(() => {}); // its own caller is told
    return mine;
  };
  return {
    get: (cid) => pins.get(keyOf(cid)),
    all: () => [...pins.values()],
    add: (cid, kind, name = "") => add(cid, kind, name),
    addAll: (cids, kind) => inTurn(() => addAll(cids, kind)),
    remove: (cid) => inTurn(() => remove(cid)),
  };
}

interface Loaded {
  pins: Map<string, Pin>;
  sets: Map<string, { kind: PinKind; keys: Set<string> }>;
}

async function load(folder: string): Promise<Loaded> {
  const loaded: Loaded = { pins: new Map(), sets: new Map() };
  const single = new Map<string, Pin>();
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (name.startsWith(".")) {
      await rm(file, { force: true }); // a draft that a kill left behind
      continue;
    }
    const stored = parseFile(await readFile(file, "utf8"));
    if (!name.startsWith(SET)) {
      single.set(name, { cid: cidOf(name), kind: stored.kind, name: stored.name });
      continue;
    }
    loaded.sets.set(name, { kind: stored.kind, keys: new Set(stored.cids) });
    for (const key of stored.cids) loaded.pins.set(key, { cid: cidOf(key), kind: stored.kind, name: "" });
  }
  for (const [key, pin] of single) loaded.pins.set(key, pin);
  return loaded;
}

function parseFile(text: string): { kind: PinKind; name: string; cids: string[] } {
  const stored: unknown = JSON.parse(text);
  const fields: { kind?: unknown; name?: unknown; cids?: unknown } =
    typeof stored === "object" && stored !== null ? stored : {};
  return {
    kind: fields.kind === "direct" ? "direct" : "recursive",
    name: typeof fields.name === "string" ? fields.name : "",
    cids: Array.isArray(fields.cids) ? fields.cids.map(String) : [],
  };
}

/** Base32 of the binary CID: no name that any file system would confuse with another. */
function keyOf(cid: CID): string {
  return base32.encode(cid.bytes);
}

function cidOf(key: string): CID {
  return CID.decode(base32.decode(key));
}
