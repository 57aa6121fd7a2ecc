import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { UnavailableError } from "@orion/protocol/common";
import type { ComputedUnit } from "@orion/protocol/jobs";
import { shardLeaf, toBytes, type Sha256 } from "@orion/protocol/tensor";

const CHECKSUM_BYTES = 32;
const CLAIM_FOLDER = /^0x[0-9a-f]{64}$/;
const ROOTS = "roots";
/** Most bytes of roots of fallen claims; 2^21 roots. */
const MAX_FALLEN_BYTES = 64 * 1024 * 1024;

/** The outputs of one shard of a claim. */
export interface ClaimedShard {
  readonly roots: readonly Uint8Array[];
  readonly bytes: readonly Uint8Array[];
}

/**
 * The outputs of this account's claims, on disk from before the commit until the claim is closed: demands for them are answered from here, without computing. Outputs that
 * are missing or damaged are computed again. Of claims that fell their roots stay for as long as they are wanted.
 */
export class ClaimedOutputs {
  readonly #dir: string;
  readonly #sha256: Sha256;
  readonly #maxFallenBytes: number;

  /**
   * @param dir folder of its own; made when something is kept
   * @param maxFallenBytes most that is kept of claims that fell; 64 MiB unless given
   */
  constructor(dir: string, sha256: Sha256, maxFallenBytes = MAX_FALLEN_BYTES) {
    this.#dir = dir;
    this.#sha256 = sha256;
    this.#maxFallenBytes = maxFallenBytes;
  }

  /** @throws UnavailableError when the disk does not take it: nothing is to be committed then */
  async save(key: string, unit: ComputedUnit): Promise<void> {
    const folder = path.join(this.#dir, key);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await write(path.join(folder, ROOTS), concat(unit.shards.flatMap(({ outputRoots }) => outputRoots)));
      for (const [s, { outputs }] of unit.shards.entries()) {
        await write(path.join(folder, String(s)), concat(outputs.map((tensor) => toBytes(tensor))));
      }
    } catch (cause) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      throw new UnavailableError(`cannot keep the outputs of a claim in ${folder}`, {
        cause,
        hint: "make room on that disk: outputs are kept until their claim is closed; nothing was signed",
      });
    }
  }

  /** Leaves of the claim's shards, `outputs` roots each; undefined if they are not here. */
  async leaves(key: string, outputs: number): Promise<Uint8Array[] | undefined> {
    const roots = await this.#roots(key, outputs);
    return roots?.map((of) => shardLeaf(of, this.#sha256));
  }

  /**
   * The outputs of one shard (within the claim).
   * @param sizes bytes of each output
   */
  async shard(key: string, shard: number, sizes: readonly number[]): Promise<ClaimedShard | undefined> {
    const roots = (await this.#roots(key, sizes.length))?.[shard];
    const whole = await read(path.join(this.#dir, key, String(shard)));
    if (roots === undefined || whole?.length !== sizes.reduce((sum, size) => sum + size, 0)) return undefined;
    let from = 0;
    const bytes = sizes.map((size) => whole.slice(from, (from += size)));
    return { roots, bytes };
  }

  /**
   * Forgets claims of which nothing can be demanded any more.
   * @param fallen closed claims of which the roots are still wanted, the most wanted first: they stay as far as there is room
   */
  async forgetExcept(isOpen: (key: string) => boolean, fallen: readonly string[] = []): Promise<void> {
    const wanted = await this.#fitting(fallen.filter((key) => !isOpen(key)));
    for (const name of await readdir(this.#dir).catch(() => [])) {
      if (!CLAIM_FOLDER.test(name) || isOpen(name)) continue;
      const folder = path.join(this.#dir, name);
      if (!wanted.has(name)) {
        await remove(folder);
        continue;
      }
      const files = await readdir(folder).catch(() => []);
      for (const file of files) if (file !== ROOTS) await remove(path.join(folder, file));
    }
  }

  /** Of these claims those whose roots fit, earlier ones first. */
  async #fitting(keys: readonly string[]): Promise<Set<string>> {
    const fitting = new Set<string>();
    let left = this.#maxFallenBytes;
    for (const key of keys) {
      const size = (await stat(path.join(this.#dir, key, ROOTS)).catch(() => undefined))?.size ?? 0;
      if (size > left) continue;
      left -= size;
      fitting.add(key);
    }
    return fitting;
  }

  async #roots(key: string, outputs: number): Promise<Uint8Array[][] | undefined> {
    const flat = await read(path.join(this.#dir, key, ROOTS));
    if (flat === undefined || flat.length === 0 || flat.length % (32 * outputs) !== 0) return undefined;
    const at = (i: number): Uint8Array => flat.subarray(32 * i, 32 * i + 32);
    return Array.from({ length: flat.length / (32 * outputs) }, (_, s) =>
      Array.from({ length: outputs }, (_root, i) => at(s * outputs + i)),
    );
  }
}

const checksum = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

async function write(target: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${target}.tmp`, Buffer.concat([checksum(bytes), bytes]), { mode: 0o600 });
  await rename(`${target}.tmp`, target);
}

async function read(target: string): Promise<Uint8Array | undefined> {
  let file: Buffer;
  try {
    file = await readFile(target);
  } catch {
    return undefined;
  }
  const content = file.subarray(CHECKSUM_BYTES);
  return checksum(content).equals(file.subarray(0, CHECKSUM_BYTES)) ? new Uint8Array(content) : undefined;
}

/** What the disk does not give back now it is asked for the next time. */
async function remove(target: string): Promise<void> {
  await rm(target, { recursive: true, force: true }).catch(() => undefined);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
