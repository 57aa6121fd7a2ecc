import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { base32 } from "multiformats/bases/base32";
import { CID } from "multiformats/cid";

export type PinKind = "recursive" | "direct";

export interface Pin {
  cid: CID;
  kind: PinKind;
  name: string;
}

/** The roots that are to be kept. One small file per pin, so that a kill at any instant loses no other pin. */
export interface Pins {
  get(cid: CID): Pin | undefined;
  all(): readonly Pin[];
  add(cid: CID, kind: PinKind, name?: string): Promise<void>;
  remove(cid: CID): Promise<void>;
}

export async function openPins(folder: string): Promise<Pins> {
  await mkdir(folder, { recursive: true });
  const pins = await load(folder);
  let temporary = 0;
  return {
    get: (cid) => pins.get(fileName(cid)),
    all: () => [...pins.values()],
    add: async (cid, kind, name = "") => {
      const key = fileName(cid);
      const old = pins.get(key);
      if (old !== undefined && old.kind === kind && old.name === name) return;
      const draft = path.join(folder, `.${key}.${temporary++}.tmp`);
      await writeFile(draft, JSON.stringify({ kind, name }), { flush: true });
      await rename(draft, path.join(folder, key));
      pins.set(key, { cid, kind, name });
    },
    remove: async (cid) => {
      const key = fileName(cid);
      await rm(path.join(folder, key), { force: true });
      pins.delete(key);
    },
  };
}

async function load(folder: string): Promise<Map<string, Pin>> {
  const pins = new Map<string, Pin>();
  for (const key of await readdir(folder)) {
    const file = path.join(folder, key);
    if (key.startsWith(".")) {
      await rm(file, { force: true }); // a draft that a kill left behind
      continue;
    }
    const stored: unknown = JSON.parse(await readFile(file, "utf8"));
    pins.set(key, { cid: CID.decode(base32.decode(key)), ...parsePin(stored) });
  }
  return pins;
}

function parsePin(stored: unknown): { kind: PinKind; name: string } {
  const fields: { kind?: unknown; name?: unknown } = typeof stored === "object" && stored !== null ? stored : {};
  return {
    kind: fields.kind === "direct" ? "direct" : "recursive",
    name: typeof fields.name === "string" ? fields.name : "",
  };
}

/** Base32 of the binary CID: no name that any file system would confuse with another. */
function fileName(cid: CID): string {
  return base32.encode(cid.bytes);
}
