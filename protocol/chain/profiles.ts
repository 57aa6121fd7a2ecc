import type { Chain } from "./chain.ts";
import { reading } from "./reading.ts";

/** Clocks of a job, in seconds of chain time; fixed when the network was deployed. */
export interface JobClocks {
  /** From claim to commit. */
  readonly claimPeriod: number;
  /** From commit to settlement. */
  readonly challengeWindow: number;
  /** The named keeper earns its fee if it publishes within this time of the post. */
  readonly manifestPeriod: number;
}

/** Reads the clocks of a profile. @throws UnavailableError, RevertError for a profile that does not exist */
export async function readClocks(chain: Chain, profile: number): Promise<JobClocks> {
  const { claimPeriod, challengeWindow, manifestPeriod } = await reading(chain, () =>
    chain.contracts.disputes.profile(profile),
  );
  return {
    claimPeriod: Number(claimPeriod),
    challengeWindow: Number(challengeWindow),
    manifestPeriod: Number(manifestPeriod),
  };
}
