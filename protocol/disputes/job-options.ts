import { MINTED_BIT, type Terms } from "../chain/index.ts";

/** The small choices of a job, as one word holds them. */
export interface JobOptions {
  /** Index of the clocks and ratios. */
  readonly profile: number;
  /** Attestations that the poster buys for each claim. */
  readonly attestors?: number;
  /** Whether the escrow was minted for this job. */
  readonly minted?: boolean;
}

/** `profile·8 attestors·8 minted·1`, from the lowest bit. */
export function optionsOf({ profile, attestors = 0, minted = false }: JobOptions): number {
  return profile | (attestors << 8) | (minted ? MINTED_BIT : 0);
}

/** Index of the clocks and ratios of a job: the lowest byte of its options. */
export function profileOf({ options }: Pick<Terms, "options">): number {
  return options & 0xff;
}
