import type { ChallengeContext } from "@orion/protocol/challenge";
import type { WorkTally } from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";

export interface ValidatorContext extends ChallengeContext {
  readonly backend: Backend | Compute;
  readonly tally?: WorkTally;
}
