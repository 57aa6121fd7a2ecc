import type { Chain, CheckpointFile, MarketFollower, Sender } from "../chain/index.ts";
import type { Clock, Logger } from "../common/index.ts";
import type { ContentStore } from "../storage/index.ts";
import type { Sha256 } from "../tensor/index.ts";

/** What reading and computing a job takes of the outside world. */
export type ContentContext = Pick<ServiceContext, "store" | "clock" | "log" | "sha256">;

/** What every keeper and worker is given; nothing else of the outside world is reached. */
export interface ServiceContext {
  readonly chain: Chain;
  readonly sender: Sender;
  readonly store: ContentStore;
  readonly follower: MarketFollower;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sha256: Sha256;
  /** Where a service keeps what its next life would otherwise look for in the whole history. */
  readonly notes?: (name: string) => CheckpointFile;
  /** Called at each boundary between two steps with outside effects; tests kill the process there. */
  readonly step?: (name: string) => void;
}
