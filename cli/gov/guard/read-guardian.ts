import { ZeroAddress } from "ethers";

import { chainNow, reading, type Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

/** What a guardian can pause, under its names in the network file: posts and claims, mints, deposits. */
export const PAUSABLE = ["market", "credits", "dex"] as const;
export type Pausable = (typeof PAUSABLE)[number];

export interface PausableState {
  readonly name: Pausable;
  readonly address: string;
  /** Whether new obligations are stopped now, by a vote or by the guardian. */
  readonly paused: boolean;
  /** Chain time in which the guardian's pause ends or ended; zero without one. */
  readonly pausedUntil: number;
  /** Stopped in the guardian's last pause, which happens once to each. */
  readonly wasPaused: boolean;
}

export interface GuardianState {
  /** Who it is; undefined for nobody. */
  readonly guardian: string | undefined;
  /** Chain time at which its last pause began; zero without one. */
  readonly pausedAt: number;
  /** When that pause ends; zero without one. */
  readonly pauseEnd: number;
  /** When the next pause may begin; zero for at once. */
  readonly nextPauseAt: number;
  readonly contracts: readonly PausableState[];
  /** Chain time of all this. */
  readonly now: number;
}

export async function readGuardian(chain: Chain): Promise<GuardianState> {
  const { guardian: contract } = chain.contracts;
  const now = await chainNow(chain);
  const [account, pausedAt, longest, interval, contracts] = await reading(chain, () =>
    Promise.all([
      contract.guardian(),
      contract.pausedAt(),
      contract.LONGEST_PAUSE(),
      contract.LEAST_INTERVAL(),
      Promise.all(PAUSABLE.map((name) => readPausable(chain, name))),
    ]),
  );
  const start = Number(pausedAt);
  return {
    guardian: account === ZeroAddress ? undefined : account,
    pausedAt: start,
    pauseEnd: start === 0 ? 0 : start + Number(longest),
    nextPauseAt: start === 0 ? 0 : start + Number(interval),
    contracts,
    now,
  };
}

async function readPausable({ contracts, network }: Chain, name: Pausable): Promise<PausableState> {
  const address = network.addresses[name];
  const [paused, until, wasPaused] = await Promise.all([
    contracts[name].paused(),
    contracts[name].pausedUntil(),
    contracts.guardian.isPaused(address),
  ]);
  return { name, address, paused, pausedUntil: Number(until), wasPaused };
}

/** @throws InvalidInputError unless the signer is the guardian */
export function requireGuardian({ guardian }: GuardianState, signer: string): void {
  if (guardian === signer) return;
  throw new InvalidInputError(
    guardian === undefined
      ? "this network has no guardian"
      : `only the guardian ${guardian} may do this, not ${signer}`,
    { hint: "a vote names the guardian: `orion gov propose --set guardian.account=<address>`" },
  );
}
