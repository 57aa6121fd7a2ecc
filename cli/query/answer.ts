import { UnavailableError } from "@orion/protocol/common";
import type { Block_Height, Freshness } from "@orion/protocol/query";

import type { Invocation } from "../core/command.ts";
import { openIndex, type OpenIndex } from "./open-index.ts";
import type { QueryFlags } from "./options.ts";

/** What every named question asks besides: the block that the answer stands for. */
export interface Dated {
  readonly _meta: { readonly block: { readonly number: number; readonly timestamp: number | null } } | null;
}

export interface Answer {
  /** For machines: amounts are decimal strings of base units. */
  readonly value: object;
  readonly lines: readonly string[];
  readonly dated: Dated;
}

/** How far the answering index is behind the chain. */
export interface IndexFacts {
  readonly url: string;
  readonly block: number | null;
  readonly timestamp: number | null;
  readonly chainHead: number | null;
  /** Blocks; null where the chain does not answer, or an earlier block was asked for. */
  readonly behind: number | null;
  /** Whether the chain has taken back the index's last block, which the index notices with the chain's next one; null as above. */
  readonly takenBack: boolean | null;
}

/** Asks the index, and prints the answer together with the block that it stands for. */
export async function answer(
  invocation: Invocation<QueryFlags>,
  ask: (index: OpenIndex) => Promise<Answer>,
): Promise<void> {
  const { flags, terminal } = invocation;
  const index = await openIndex(invocation);
  if (flags.fresh === true) await untilFresh(index);
  const { value, lines, dated } = await ask(index).catch((error: unknown) => {
    throw meaningless(index.client.url, error);
  });
  const head = flags.block === undefined ? await index.chainHead() : undefined;
  const takenBack = head === undefined ? null : await standsAside(index, await index.client.freshness());
  const facts = indexFacts(index.client.url, dated, head, takenBack);
  terminal.result({ ...value, index: facts }, lines);
  terminal.note(indexLine(facts));
}

/** Asks further parts of an answer of the block that its first part stands for, whatever happens meanwhile. */
export function sameBlock({ _meta }: Dated): { block?: Block_Height } {
  return _meta === null ? {} : { block: { number: _meta.block.number } };
}

/** Whoever runs an index can let it answer anything: what is no amount, time or list where one belongs is the index's fault. */
function meaningless(url: string, error: unknown): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError)) return error;
  return new UnavailableError(`the index at ${url} answers with something else than was asked for`, {
    cause: error,
    hint: "name another with --index, ORION_INDEX_URL or indexUrl in the network file",
  });
}

/** Waits until the index has the chain's present block. @throws UnavailableError where the chain does not answer, IndexBehindError */
export async function untilFresh(index: OpenIndex): Promise<void> {
  const head = await index.chainHead();
  if (head === undefined) {
    throw new UnavailableError("the chain does not say which block is its last", {
      hint: "--fresh needs the chain's JSON-RPC: name it with --rpc or by a network file",
    });
  }
  if (!(await standsAside(index, await index.client.untilBlock(head)))) return;
  throw new UnavailableError("the index stands at a block that the chain has taken back", {
    hint: "it follows with the chain's next block; ask again then",
  });
}

/** Whether the chain has another block in the place of the index's last one: the index notices that only once the chain is higher than it was. */
async function standsAside(index: OpenIndex, { block, hash }: Freshness): Promise<boolean> {
  if (hash === null) return false;
  const real = await index.blockHash(block);
  return real !== undefined && real !== hash;
}

export function indexFacts(
  url: string,
  { _meta }: Dated,
  head: number | undefined,
  takenBack: boolean | null = null,
): IndexFacts {
  const block = _meta?.block.number ?? null;
  return {
    url,
    block,
    timestamp: _meta?.block.timestamp ?? null,
    chainHead: head ?? null,
    behind: head === undefined || block === null ? null : Math.max(0, head - block),
    takenBack,
  };
}

export function indexLine({ block, timestamp, behind, takenBack }: IndexFacts): string {
  const when = timestamp === null ? "" : ` of ${instant(timestamp)}`;
  if (takenBack === true && block !== null) {
    return `(as of block ${block}${when}, which the chain has taken back: the index follows with the chain's next block)`;
  }
  const lag = behind === null ? "" : behind === 0 ? ", the chain's last" : `, ${behind} behind the chain`;
  return block === null ? "(the index does not say how far it is)" : `(as of block ${block}${when}${lag})`;
}

/** Chain time as people read it. */
export function instant(seconds: number | string): string {
  return new Date(Number(seconds) * 1_000).toISOString().replace(".000Z", "Z");
}
