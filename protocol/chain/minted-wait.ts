import { UnavailableError } from "../common/errors.ts";
import type { Chain } from "./chain.ts";
import { reading } from "./reading.ts";
import type { Terms } from "./terms.ts";

/** Seconds after its post in which nothing of a job with minted escrow settles or is accepted. */
export const MINTED_WAIT_SECONDS = 86_400;

/** The bit of a job's options. */
export const MINTED_BIT = 1 << 16;

/** Whether the escrow of a job was minted for it. */
export function isMinted({ options }: Pick<Terms, "options">): boolean {
  return (options & MINTED_BIT) !== 0;
}

/**
 * Chain time until which no unit of a job can settle or be accepted, whatever its window; 0 for a job whose escrow was not minted.
 * Reads the time of the post from the market.
 * @throws UnavailableError when the node does not answer, or does not have the job yet
 */
export async function mintedWaitOf(
  chain: Chain,
  { jobId, terms }: { readonly jobId: string; readonly terms: Pick<Terms, "options"> },
): Promise<number> {
  if (!isMinted(terms)) return 0;
  const { postedAt } = await reading(chain, () => chain.contracts.market.job(jobId));
  if (postedAt === 0n) throw new UnavailableError(`the node does not show the job ${jobId} yet`);
  return Number(postedAt) + MINTED_WAIT_SECONDS;
}
