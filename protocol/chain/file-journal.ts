import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { UnavailableError } from "../common/errors.ts";
import type { FolderLock } from "../common/node.ts";
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
    refused: z.boolean().optional(),
  }),
  z.object({ settled: z.number(), from: z.string(), chainId: z.number() }),
]);

/** A file is written anew with what is open in it when it has grown by so much, and to twice its size, since it was last. */
const COMPACTED_AFTER_BYTES = 64 * 1024;
/** What a file is called, and what its process holds while it lives. */
const NAME = /^[\w-]+\.jsonl$/;
const LOCK = ".lock";
/** Files that this process has begun: a later journal of it takes them over as those of an earlier life. */
const ours = new Set<string>();
/** Files of processes that never end are not read; a file so large is taken over in parts no more. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * A journal in a folder: one append-only file a process, each line on disk before the transaction that it speaks of goes out. What dead
 * processes left open is taken over by the next one that opens the folder. A process holds a lock beside its file, which ends with it: its number may be another's by then.
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
  #lock: FolderLock | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #takenOver: Promise<readonly SignedTransaction[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = path.join(folder, `${String(process.pid)}-${randomBytes(6).toString("hex")}.jsonl`);
  }

  signed(transaction: SignedTransaction): Promise<void> {
    return this.#inTurn(async () => {
      await this.#append(transaction);
      this.#open.delete(transaction.hash);
      this.#open.set(transaction.hash, transaction);
    });
  }

  settled(from: string, nonce: number, chainId: number): Promise<void> {
    return this.#inTurn(async () => {
      const line = { settled: nonce, from, chainId };
      const hashes = [...this.#open.values()].filter((entry) => isSettledBy(entry, line)).map(({ hash }) => hash);
      if (hashes.length === 0) return;
      await this.#append(line);
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
    await this.#begin();
    const file = await open(this.#path, "a", 0o600);
    try {
      // A line that a full disk cut off, in this life or an earlier one, must not swallow the next one.
      await file.appendFile(`\n${JSON.stringify(line)}\n`);
      await file.datasync();
      this.#bytes = (await file.stat()).size;
    } finally {
      await file.close();
    }
  }

  /** Makes folder and lock, once. */
  async #begin(): Promise<void> {
    if (this.#lock !== undefined) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const { lockFile } = await import("../common/node.ts");
    this.#lock = lockFile(`${this.#path}${LOCK}`);
    ours.add(this.#path);
  }

  /** Reads the files of processes that are gone; this process's own earlier ones count as theirs. */
  async #takeOver(): Promise<readonly SignedTransaction[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    });
    const found: SignedTransaction[] = [];
    const taken: { readonly file: string; readonly lock: FolderLock | undefined }[] = [];
    const { lockFile } = await import("../common/node.ts");
    try {
      for (const name of names) {
        const file = path.join(this.#folder, name);
        if (!NAME.test(name) || file === this.#path) continue;
        const lock = ours.has(file) ? undefined : lockFile(`${file}${LOCK}`);
        if (lock === undefined && !ours.has(file)) continue;
        taken.push({ file, lock });
        found.push(...(await openIn(file)));
      }
      await this.#takeIn(found);
      for (const { file } of taken) {
        await rm(file, { force: true });
        await rm(`${file}${LOCK}`, { force: true });
      }
    } finally {
      for (const { lock } of taken) lock?.release();
    }
    return [...this.#open.values()];
  }

  async #takeIn(found: SignedTransaction[]): Promise<void> {
    // What was signed under one nonce stays in the order of its file, whatever the machine's date was.
    found.sort((a, b) => a.nonce - b.nonce);
    for (const transaction of found) {
      if (this.#open.has(transaction.hash)) continue;
      await this.#append(transaction);
      this.#open.set(transaction.hash, transaction);
    }
  }
}

async function openIn(file: string): Promise<SignedTransaction[]> {
  const entries = new Map<string, SignedTransaction>();
  const content = await readFile(file).catch((error: unknown) => {
    // Another process has taken it over just now.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  if (content.length > MAX_FILE_BYTES) throw new RangeError(`${file} is larger than a journal can be`);
  for (const line of content.toString("utf8").split("\n")) {
    const parsed = lineSchema.safeParse(parse(line)).data;
    if (parsed === undefined) continue;
    if ("hash" in parsed) {
      entries.delete(parsed.hash);
      entries.set(parsed.hash, parsed);
    } else {
      for (const [hash, entry] of entries) if (isSettledBy(entry, parsed)) entries.delete(hash);
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

function isSettledBy(
  { from, nonce, chainId }: SignedTransaction,
  line: { readonly settled: number; readonly from: string; readonly chainId: number },
): boolean {
  return from === line.from && nonce === line.settled && chainId === line.chainId;
}
