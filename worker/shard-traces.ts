import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import path from "node:path";

import { InvalidInputError, type Logger } from "@orion/protocol/common";
import { byteLength, chunkCount, type Program } from "@orion/protocol/tensor";

const CLAIM_FOLDER = /^0x[0-9a-f]{64}$/;
const HASH = 32;

/** The hashes of one shard's trace: all that is needed to answer every demand for hashes of it. */
export interface StoredTrace {
  /** Tensor roots of all nodes, one behind another. */
  readonly nodeRoots: Uint8Array;
  /** Chunk hashes of a computed node's tensor, one behind another. @throws InvalidInputError for inputs and constants */
  leaves(node: number): Uint8Array;
  /** Gives back what it holds; it must not be used any more. */
  close(): void;
}

/** Takes a trace as it is made. */
export interface TraceWriter {
  /** Chunk hashes of a computed node. */
  put(node: number, leaves: Uint8Array): Promise<void>;
  /** @param nodeRoots of all nodes, one behind another */
  finish(nodeRoots: Uint8Array): Promise<StoredTrace>;
  /** Forgets what was put. */
  drop(): Promise<void>;
}

/**
 * The hashes of the traces that were demanded of this account's claims, on disk until the claim is closed: one computation of a shard answers every demand for hashes of it, also
 * after a restart. Where the disk takes no more they stay in memory: the defence needs no free disk.
 */
export class ShardTraces {
  readonly #dir: string;
  readonly #log: Logger;

  constructor(dir: string, log: Logger) {
    this.#dir = dir;
    this.#log = log;
  }

  /** The trace of a shard (within the claim), or undefined where it was not stored, or is damaged. */
  load(key: string, shard: number, program: Program): StoredTrace | undefined {
    const file = this.#file(key, shard);
    const { offsets, total } = layoutOf(program);
    let fd: number;
    try {
      fd = openSync(file, "r");
    } catch {
      return undefined;
    }
    const head = readAt(fd, 0, HASH * (program.nodes.length + 1));
    const nodeRoots = head.subarray(HASH);
    const end = readAt(fd, total - 1, 1);
    if (end.length !== 1 || !checksum(nodeRoots).equals(head.subarray(0, HASH))) {
      closeSync(fd);
      return undefined;
    }
    return {
      nodeRoots,
      leaves(node) {
        const at = offsets.get(node);
        if (at === undefined) throw notComputed(node);
        return readAt(fd, at.from, at.length);
      },
      close: () => closeSync(fd),
    };
  }

  /** Begins the trace of a shard (within the claim). */
  async begin(key: string, shard: number, program: Program): Promise<TraceWriter> {
    const file = this.#file(key, shard);
    const { offsets } = layoutOf(program);
    const memory = new Map<number, Uint8Array>();
    let draft = await this.#open(file);
    const abandon = async (error?: Error): Promise<void> => {
      await draft?.close().catch(() => undefined);
      draft = undefined;
      await rm(`${file}.tmp`, { force: true }).catch(() => undefined);
      if (error !== undefined) this.#log.warn({ key, shard }, `a trace stays in memory: ${error.message}`);
    };
    return {
      async put(node, leaves) {
        const at = offsets.get(node);
        if (at?.length !== leaves.length) throw notComputed(node);
        memory.set(node, leaves);
        try {
          await draft?.write(leaves, 0, leaves.length, at.from);
        } catch (error) {
          await abandon(asError(error));
        }
      },
      finish: async (nodeRoots) => {
        try {
          await draft?.write(Buffer.concat([checksum(nodeRoots), nodeRoots]), 0, HASH + nodeRoots.length, 0);
          await draft?.close();
          if (draft !== undefined) await rename(`${file}.tmp`, file);
          draft = undefined;
        } catch (error) {
          await abandon(asError(error));
        }
        return this.load(key, shard, program) ?? inMemory(nodeRoots, memory);
      },
      drop: () => abandon(),
    };
  }

  /** Forgets claims of which nothing can be demanded any more. */
  async forgetExcept(isOpen: (key: string) => boolean): Promise<void> {
    for (const name of await readdir(this.#dir).catch(() => [])) {
      if (CLAIM_FOLDER.test(name) && !isOpen(name)) {
        await rm(path.join(this.#dir, name), { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }

  async #open(file: string): Promise<FileHandle | undefined> {
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      return await open(`${file}.tmp`, "w", 0o600);
    } catch (error) {
      this.#log.warn({ file }, `a trace stays in memory: ${asError(error).message}`);
      return undefined;
    }
  }

  #file(key: string, shard: number): string {
    return path.join(this.#dir, key, `${String(shard)}.trace`);
  }
}

interface Span {
  readonly from: number;
  readonly length: number;
}

/** Where a file holds what: a checksum of the node roots, the node roots, the chunk hashes of the computed nodes in order. */
function layoutOf(program: Program): { offsets: ReadonlyMap<number, Span>; total: number } {
  const offsets = new Map<number, Span>();
  let total = HASH * (program.nodes.length + 1);
  for (const [index, node] of program.nodes.entries()) {
    if (node.op === "input" || node.op === "constant") continue;
    const length = HASH * chunkCount(byteLength(node));
    offsets.set(index, { from: total, length });
    total += length;
  }
  return { offsets, total };
}

function inMemory(nodeRoots: Uint8Array, memory: ReadonlyMap<number, Uint8Array>): StoredTrace {
  return {
    nodeRoots,
    leaves(node) {
      const leaves = memory.get(node);
      if (leaves === undefined) throw notComputed(node);
      return leaves;
    },
    close: () => undefined,
  };
}

function readAt(fd: number, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const read = readSync(fd, bytes, 0, length, from);
  return bytes.subarray(0, read);
}

function notComputed(node: number): InvalidInputError {
  return new InvalidInputError(`the trace holds no chunk hashes of node ${String(node)}`);
}

const checksum = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
