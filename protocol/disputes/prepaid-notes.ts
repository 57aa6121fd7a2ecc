import { createHash } from "node:crypto";

import { z } from "zod";

import { reading, type Chain, type CheckpointFile } from "../chain/index.ts";
import type { Logger } from "../common/index.ts";
import type { PrepaidClaim } from "./prepayments.ts";

/** What is known of an account's prepayments as of a block. */
export interface PrepaidNotes {
  readonly block: { readonly number: number; readonly hash: string };
  /** Claims whose prepayments may be waiting; those of later blocks are looked for on chain. */
  readonly claims: readonly PrepaidClaim[];
}

const whole = z.number().int().nonnegative();
const hash = z.string().regex(/^0x[0-9a-f]{64}$/);
const range = z.object({ from: whole, to: whole }).refine(({ from, to }) => from < to);
const HEADER = "orion prepayments 1";
const notesSchema = z.object({
  chainId: whole,
  disputes: z.string(),
  account: z.string(),
  block: z.object({ number: whole, hash }),
  claims: z.array(
    z.object({
      key: hash,
      sinceBlock: whole,
      shards: z.union([range, z.object({ jobId: hash, unit: whole })]),
      demanded: z.literal(true).optional(),
    }),
  ),
});

/**
 * The notes that still hold: of this account and network, and of a block that the chain still has. Any others are removed, which `log` is told.
 * @throws whatever the node fails with
 */
export async function readNotes(
  chain: Chain,
  account: string,
  file: CheckpointFile,
  log: Logger,
): Promise<PrepaidNotes | undefined> {
  let fault = "cannot be read";
  try {
    const text = await file.read();
    if (text === undefined) return undefined;
    const { chainId, disputes, account: whose, block, claims } = notesSchema.parse(JSON.parse(contentOf(text)));
    const { network } = chain;
    if (chainId === network.chainId && disputes === network.addresses.disputes && whose === account) {
      const now = await reading(chain, () => chain.provider.getBlock(block.number));
      if (now?.hash === block.hash) {
        return { block, claims: claims.map(({ demanded, ...claim }) => ({ ...claim, ...(demanded && { demanded }) })) };
      }
      fault = `are of a block ${String(block.number)} that the chain does not have`;
    } else fault = "are of another account or network";
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
  }
  log.warn({ file: file.name }, `prepayments are looked for in the whole history: the notes of them ${fault}`);
  await file.remove().catch(() => undefined);
  return undefined;
}

/** Replaces the notes; what the disk refuses is said and does no harm. */
export async function writeNotes(
  chain: Chain,
  account: string,
  file: CheckpointFile,
  notes: PrepaidNotes,
  log: Logger,
): Promise<void> {
  const { chainId, addresses } = chain.network;
  const content = JSON.stringify({ chainId, disputes: addresses.disputes, account, ...notes });
  try {
    await file.write(`${HEADER} ${digestOf(content)}\n${content}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ file: file.name }, `the notes of prepayments cannot be written: ${reason}`);
  }
}

/** @throws SyntaxError where the text is damaged */
function contentOf(text: string): string {
  const end = text.indexOf("\n");
  const content = text.slice(end + 1);
  if (text.slice(0, Math.max(0, end)) !== `${HEADER} ${digestOf(content)}`) throw new SyntaxError("damaged");
  return content;
}

function digestOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
