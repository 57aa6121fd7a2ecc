import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { UnavailableError } from "../common/errors.ts";
import type { SignedTransaction, TransactionJournal } from "./transaction-journal.ts";

const lineSchema = z.union([
  z.object({
    hash: z.string(),
    from: z.string(),
    chainId: z.number(),
    nonce: z.number(),
    label: z.string(),
    raw: z.string(),
    blockTime: z.number().optional(),
  }),
  z.object({ settled: z.number(), from: z.string() }),
]);

/** A file is written anew with what is open in it when it has grown by so much, and to twice its size, since it was last. */
const COMPACTED_AFTER_BYTES = 64 * 1024;
/** Files of processes that never end are not read; a file so large is taken over in parts no more. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * A journal in a folder: one append-only file a process, each line on disk before the transaction that it speaks of goes out. What dead
 * processes left open is taken over by the next one that opens the folder.
 */
export function fileJournal(folder: string): TransactionJournal {
  return new FileJournal(folder);
}

class FileJournal implements TransactionJournal {
  readonly #folder: string;
  readonly #path: string;
  readonly #open = new Map<string, SignedTransaction>();
  #bytes = 0;
  #compactedBytes = 0;
  #isMade = false;
  #tail: Promise<unknown> = Promise.resolve();
  #takenOver: Promise<readonly SignedTransaction[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = path.join(folder, `${String(process.pid)}.jsonl`);
  }

  signed(transaction: SignedTransaction): Promise<void> {
    return this.#inTurn(async () => {
      await this.#append(transaction);
      this.#open.set(transaction.hash, transaction);
    });
  }

  settled(from: string, nonce: number): Promise<void> {
    return this.#inTurn(async () => {
      const hashes = [...this.#open.values()].filter((e) => e.from === from && e.nonce === nonce).map((e) => e.hash);
      if (hashes.length === 0) return;
      await this.#append({ settled: nonce, from });
      for (const hash of hashes) this.#open.delete(hash);
      if (this.#bytes >= Math.max(COMPACTED_AFTER_BYTES, 2 * this.#compactedBytes)) await this.#compact();
    });
  }

  /** Whole before it takes the old file's place. */
  async #compact(): Promise<void> {
    const lines = [...this.#open.values()].map((entry) => `\n${JSON.stringify(entry)}\n`).join("");
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(lines);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.#path);
    this.#bytes = this.#compactedBytes = Buffer.byteLength(lines);
  }

  open(): Promise<readonly SignedTransaction[]> {
    this.#takenOver ??= this.#inTurn(() => this.#takeOver()).catch((error: unknown) => {
      // What cannot be read now must be read before anything is signed.
      this.#takenOver = undefined;
      throw error;
    });
    return this.#takenOver;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    this.#tail = run.catch(() => undefined);
    return run.catch((cause: unknown) => {
      throw new UnavailableError(`cannot write the journal of signed transactions in ${this.#folder}`, {
        cause,
        hint: "nothing was sent; free some disk space, or correct the folder's permissions",
      });
    });
  }

  async #append(line: object): Promise<void> {
    if (!this.#isMade) await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = await open(this.#path, "a", 0o600);
    try {
      // A line that a full disk cut off, in this life or an earlier one, must not swallow the next one.
      await file.appendFile(`\n${JSON.stringify(line)}\n`);
      await file.datasync();
      this.#isMade = true;
      this.#bytes = (await file.stat()).size;
    } finally {
      await file.close();
    }
  }

  /** Reads the files of processes that are gone; an own one is an earlier life's, under the same number. */
  async #takeOver(): Promise<readonly SignedTransaction[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    });
    const found: SignedTransaction[] = [];
    const emptied: string[] = [];
    for (const name of names) {
      const pid = Number(/^(\d+)\.jsonl$/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(pid) || (pid !== process.pid && isAlive(pid))) continue;
      found.push(...(await openIn(path.join(this.#folder, name))));
      if (pid !== process.pid) emptied.push(name);
    }
    // What was signed under one nonce stays in the order of its file, whatever the machine's date was.
    found.sort((a, b) => a.nonce - b.nonce);
    for (const transaction of found) {
      if (this.#open.has(transaction.hash)) continue;
      await this.#append(transaction);
      this.#open.set(transaction.hash, transaction);
    }
    for (const name of emptied) await rm(path.join(this.#folder, name), { force: true });
    return [...this.#open.values()];
  }
}

async function openIn(file: string): Promise<SignedTransaction[]> {
  const entries = new Map<string, SignedTransaction>();
  const content = await readFile(file);
  if (content.length > MAX_FILE_BYTES) throw new RangeError(`${file} is larger than a journal can be`);
  for (const line of content.toString("utf8").split("\n")) {
    const parsed = lineSchema.safeParse(parse(line)).data;
    if (parsed === undefined) continue;
    if ("hash" in parsed) entries.set(parsed.hash, parsed);
    else {
      for (const [hash, { from, nonce }] of entries) {
        if (from === parsed.from && nonce === parsed.settled) entries.delete(hash);
      }
    }
  }
  return [...entries.values()];
}

/** A line that was cut off by a crash was never followed by its transaction. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive too.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
