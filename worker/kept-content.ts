import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import type { CID } from "multiformats/cid";

import { UnavailableError } from "@orion/protocol/common";
import { decodeDag, encodeDag, type ContentStore } from "@orion/protocol/storage";

const CHECKSUM_BYTES = 32;
const JOB_FOLDER = /^0x[0-9a-f]{64}$/;

/**
 * What a worker has fetched for its claims, on its own disk, a folder for each job. A claim must be defended by computing it again until it is
 * settled: a poster that takes its data back after the claim must not be able to slash whoever computed it.
 */
export class KeptContent {
  readonly #dir: string;
  readonly #maxBytes: number;
  /** Bytes of each job's folder; of what an earlier life has kept once it was looked at. */
  #sizes: Promise<Map<string, number>> | undefined;

  /**
   * @param dir folder of its own; made when something is kept
   * @param maxBytes more than this is not kept, of all jobs together
   */
  constructor(dir: string, maxBytes = Infinity) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** The store, except that whatever is read for this job is kept and read from here the next time. */
  storeOf(jobId: string, inner: ContentStore): ContentStore {
    const folder = path.join(this.#dir, jobId);
    return {
      ...inner,
      getBytes: async (cid, options) => {
        const kept = await read(folder, cid);
        if (kept !== undefined && kept.byteLength <= options.maxBytes) return kept;
        const bytes = await inner.getBytes(cid, options);
        await this.#keep(jobId, cid, bytes);
        return bytes;
      },
      getDag: async (cid, options) => {
        const kept = await read(folder, cid);
        if (kept !== undefined) return decodeDag(cid, kept);
        const value = await inner.getDag(cid, options);
        await this.#keep(jobId, cid, encodeDag(value));
        return value;
      },
    };
  }

  /** Forgets the jobs that nothing has to be defended of any more. */
  async forgetExcept(isNeeded: (jobId: string) => boolean): Promise<void> {
    const entries = await readdir(this.#dir).catch(() => []);
    for (const name of entries) {
      if (JOB_FOLDER.test(name) && !isNeeded(name)) await this.forget(name);
    }
  }

  /** Forgets one job. What the disk does not give back now it is asked for the next time. */
  async forget(jobId: string): Promise<void> {
    (await this.#sizes)?.delete(jobId);
    await rm(path.join(this.#dir, jobId), { recursive: true, force: true }).catch(() => undefined);
  }

  async #keep(jobId: string, cid: CID, bytes: Uint8Array): Promise<void> {
    // One look for all that are kept at the same time: none may count on its own.
    const sizes = await (this.#sizes ??= sizesIn(this.#dir));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0) + bytes.byteLength;
    if (total > this.#maxBytes) {
      throw new UnavailableError(
        `the content of a job does not fit into the ${String(this.#maxBytes)} bytes of disk that it may take`,
        {
          hint: "allow more with --max-disk; what is not needed for a claim any more is forgotten",
        },
      );
    }
    sizes.set(jobId, (sizes.get(jobId) ?? 0) + bytes.byteLength);
    await keep(path.join(this.#dir, jobId), cid, bytes);
  }
}

async function sizesIn(dir: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of (await readdir(dir).catch(() => [])).filter((entry) => JOB_FOLDER.test(entry))) {
    let size = 0;
    for (const file of await readdir(path.join(dir, name)).catch(() => [])) {
      size += (await stat(path.join(dir, name, file)).catch(() => undefined))?.size ?? 0;
    }
    sizes.set(name, size);
  }
  return sizes;
}

const checksum = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** What was kept, or undefined: a file that is missing or damaged is fetched again. */
async function read(folder: string, cid: CID): Promise<Uint8Array | undefined> {
  let file: Buffer;
  try {
    file = await readFile(path.join(folder, cid.toString()));
  } catch {
    return undefined;
  }
  const content = file.subarray(CHECKSUM_BYTES);
  // A copy of its own: typed views of tensors need the start of a buffer.
  return checksum(content).equals(file.subarray(0, CHECKSUM_BYTES)) ? new Uint8Array(content) : undefined;
}

/** @throws UnavailableError when the disk does not take it: nothing is to be claimed then */
async function keep(folder: string, cid: CID, bytes: Uint8Array): Promise<void> {
  const target = path.join(folder, cid.toString());
  const draft = `${target}.${randomUUID()}.tmp`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(draft, Buffer.concat([checksum(bytes), bytes]), { mode: 0o600 });
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new UnavailableError(`cannot keep the inputs of a job in ${folder}`, {
      cause,
      hint: "make room on that disk, or name another folder with --data-dir: a claim is defended from there",
    });
  }
}
