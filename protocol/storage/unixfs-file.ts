import * as dagPb from "@ipld/dag-pb";
import { InvalidInputError } from "@orion/protocol/common";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import { assertSupportedCid, DAG_PB, RAW } from "./cid.ts";
import { ContentTooLargeError } from "./errors.ts";

/** Loads one block, already verified. */
export type LoadBlock = (cid: CID) => Promise<Uint8Array>;

export interface ReadFileOptions {
  /** First byte wanted. */
  offset?: bigint;
  /** Number of bytes wanted at most. */
  length?: bigint;
  /** Largest declared file size that is read at all. Bytes. */
  maxBytes?: number;
}

/** Blocks that are fetched ahead of the one being read. */
const READ_AHEAD = 8;
/** Nesting of a hostile file; 1,024 links a node need 4 levels for a petabyte. */
const MAX_DEPTH = 16;
/** Honest chunkers make chunks of at least this many bytes; a file in smaller crumbs only costs its reader requests. */
const MIN_CHUNK_BYTES = 512n;

interface FileNode {
  inline: Uint8Array;
  children: { cid: CID; size: bigint }[];
  size: bigint;
}

/**
 * Streams the bytes of a raw block or a UnixFS file, with back pressure and a bounded read-ahead. The file must be
 * consistent: every child holds exactly the number of bytes that its parent declares, and at least one, so a small
 * hostile graph can neither expand without end nor starve its reader.
 * @throws InvalidInputError for anything that is no such file, ContentTooLargeError above `maxBytes`
 */
export async function* readUnixfsFile(
  root: CID,
  load: LoadBlock,
  options: ReadFileOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const node = parseFileNode(root, await load(root));
  if (options.maxBytes !== undefined && node.size > BigInt(options.maxBytes)) {
    throw new ContentTooLargeError(`the file ${root.toString()} (${node.size} bytes)`, options.maxBytes);
  }
  const from = options.offset ?? 0n;
  const to = options.length === undefined ? node.size : from + options.length;
  const budget = { blocks: 64n + (2n * node.size) / MIN_CHUNK_BYTES };
  const counted: LoadBlock = (cid) => {
    if (budget.blocks-- === 0n) throw inconsistent(root, "it is cut into absurdly small pieces");
    return load(cid);
  };
  yield* readNode(root, node, counted, 0, from, to < node.size ? to : node.size);
}

/** Yields the bytes [from, to) of the node; both are relative to its start. */
async function* readNode(
  cid: CID,
  node: FileNode,
  load: LoadBlock,
  depth: number,
  from: bigint,
  to: bigint,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (depth > MAX_DEPTH) throw inconsistent(cid, "it is nested too deeply");
  let start = BigInt(node.inline.byteLength);
  if (from < start && to > 0n) yield node.inline.subarray(Number(from), Number(to < start ? to : start));
  const wanted: { cid: CID; size: bigint; start: bigint }[] = [];
  for (const child of node.children) {
    if (start < to && start + child.size > from) wanted.push({ ...child, start });
    start += child.size;
  }
  for await (const { item, bytes } of readAhead(wanted, load)) {
    const child = parseFileNode(item.cid, bytes);
    if (child.size !== item.size) {
      throw inconsistent(item.cid, `its parent declares ${item.size} bytes, it has ${child.size}`);
    }
    const childFrom = from > item.start ? from - item.start : 0n;
    const childTo = to - item.start < child.size ? to - item.start : child.size;
    yield* readNode(item.cid, child, load, depth + 1, childFrom, childTo);
  }
}

async function* readAhead<T extends { cid: CID }>(
  items: readonly T[],
  load: LoadBlock,
): AsyncGenerator<{ item: T; bytes: Uint8Array }, void, undefined> {
  const pending: Promise<Uint8Array>[] = [];
  const fill = (next: number): void => {
    for (let i = next + pending.length; i < items.length && pending.length < READ_AHEAD; i++) {
      const loading = (async () => load((items[i] as T).cid))();
      loading.catch(() => {}); // awaited below in order; an earlier failure must not leave this one unhandled
      pending.push(loading);
    }
  };
  for (const [i, item] of items.entries()) {
    fill(i);
    const bytes = await (pending.shift() as Promise<Uint8Array>);
    yield { item, bytes };
  }
}

function parseFileNode(cid: CID, bytes: Uint8Array): FileNode {
  assertSupportedCid(cid, [RAW, DAG_PB]);
  if (cid.code === RAW) return { inline: bytes, children: [], size: BigInt(bytes.byteLength) };
  const { file, links } = decodeFileNode(cid, bytes);
  const children = links.map((link, i) => ({ cid: link, size: file.blockSizes[i] ?? 0n }));
  if (children.length !== file.blockSizes.length) throw inconsistent(cid, "links and sizes differ in number");
  if (children.some((child) => child.size <= 0n)) throw inconsistent(cid, "a part of it is declared empty");
  const inline = file.data ?? new Uint8Array();
  return { inline, children, size: children.reduce((sum, child) => sum + child.size, BigInt(inline.byteLength)) };
}

function decodeFileNode(cid: CID, bytes: Uint8Array): { file: UnixFS; links: CID[] } {
  try {
    const node = dagPb.decode(bytes);
    const file = UnixFS.unmarshal(node.Data ?? new Uint8Array());
    if (file.type === "file" || file.type === "raw") return { file, links: node.Links.map((link) => link.Hash) };
  } catch (cause) {
    throw new InvalidInputError(`${cid.toString()} is not a UnixFS file`, { cause });
  }
  throw new InvalidInputError(`${cid.toString()} is a directory or a link, not a file`, {
    hint: "name the CID of one file",
  });
}

function inconsistent(cid: CID, why: string): InvalidInputError {
  return new InvalidInputError(`the UnixFS file ${cid.toString()} is malformed: ${why}`);
}
