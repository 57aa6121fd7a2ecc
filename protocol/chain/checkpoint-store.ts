import type { Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import { decodeCheckpoint, type MarketCheckpoint } from "./market-checkpoint.ts";

/** Where the checkpoint of one market lies. */
export interface CheckpointFile {
  /** Names it to people. */
  readonly name: string;
  /** Undefined where there is none. */
  read(): Promise<string | undefined>;
  /** Replaces it whole. */
  write(text: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * The checkpoint that still holds: of this network, whole, and of a block that the chain still has. Any other one is removed, which `log` is told in one line.
 * @throws whatever the node fails with
 */
export async function readCheckpoint(
  chain: Chain,
  file: CheckpointFile,
  log: Logger,
): Promise<MarketCheckpoint | undefined> {
  let kept: MarketCheckpoint | string | undefined;
  try {
    const text = await file.read();
    if (text === undefined) return undefined;
    kept = decodeCheckpoint(text, chain.network);
  } catch (error) {
    kept = `cannot be read: ${reasonOf(error)}`;
  }
  const fault = typeof kept === "string" ? kept : await changedSince(chain, kept);
  if (fault === undefined && typeof kept !== "string") return kept;
  log.warn({ file: file.name }, `the market's history is read from its beginning: the checkpoint ${fault ?? ""}`);
  await file.remove().catch(() => undefined);
  return undefined;
}

async function changedSince(chain: Chain, { start: { block } }: MarketCheckpoint): Promise<string | undefined> {
  const now = await chain.provider.getBlock(block.number);
  if (now === null) return `is of block ${String(block.number)}, which the chain does not have`;
  return now.hash === block.hash ? undefined : `is of another block ${String(block.number)} than the chain's`;
}

/** Replaces the checkpoint; what the disk refuses is said and does no harm. */
export async function writeCheckpoint(file: CheckpointFile, text: string, log: Logger): Promise<void> {
  try {
    await file.write(text);
  } catch (error) {
    log.warn({ file: file.name }, `the checkpoint of the market cannot be written: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
