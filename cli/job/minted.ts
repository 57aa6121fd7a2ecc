import { isMinted, mintedWaitOf, reading, type Chain, type JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";

/** CU base units that minted escrow of a job left for an account, and the chain time from which on they are paid. */
export interface Owed {
  readonly account: string;
  readonly amount: bigint;
  readonly dueAt: number;
}

/** What is known of a job whose escrow was minted. */
export interface MintedFacts {
  /** Number of the position that owes the escrow. */
  readonly position: bigint;
  /** Chain time before which no unit settles or is accepted. */
  readonly settlesFrom: number;
  /** What poster and keeper are still to be paid. */
  readonly owed: readonly Owed[];
}

/** Undefined for a job whose escrow was not minted. */
export async function readMinted(chain: Chain, job: JobRecord): Promise<MintedFacts | undefined> {
  const { jobId, terms } = job;
  if (!isMinted(terms)) return undefined;
  const wait = await mintedWaitOf(chain, job);
  const { position } = await reading(chain, () => chain.contracts.credits.jobCredits(jobId));
  const accounts = new Set([terms.poster, terms.keeper]);
  const all = await Promise.all([...accounts].map((account) => readOwed(chain, jobId, account)));
  return { position, settlesFrom: wait + 1, owed: all.filter(({ amount }) => amount > 0n) };
}

export async function readOwed(chain: Chain, jobId: string, account: string): Promise<Owed> {
  const { amount, dueAt } = await reading(chain, () => chain.contracts.credits.owed(jobId, account));
  return { account, amount, dueAt: Number(dueAt) };
}

/** In words, from when on claims of a job with minted escrow are paid. */
export function paysFrom(settlesFrom: number): string {
  return `from ${formatTime(settlesFrom)} (chain time) on`;
}

export function mintedFacts({ position, settlesFrom, owed }: MintedFacts): (readonly [string, string])[] {
  return [
    ["minted", `the escrow, against position ${position}: what comes back of it lowers its debt`],
    ["pays", `${paysFrom(settlesFrom)}, 24 hours after its post`],
    ...owed.map(
      ({ account, amount, dueAt }) =>
        ["owed", `${formatAmount(amount, CU)} to ${account} from ${formatTime(dueAt)} on`] as const,
    ),
  ];
}

/** @throws InvalidInputError while nothing of the job can be accepted because its escrow was minted */
export async function requireAcceptable(chain: Chain, job: JobRecord, now: number): Promise<void> {
  const wait = await mintedWaitOf(chain, job);
  if (now > wait) return;
  throw new InvalidInputError(
    `the escrow of ${job.jobId} was minted for it, so nothing of it is accepted before ${formatTime(wait + 1)} (chain time)`,
    { hint: "come back then; claims whose window is over by then settle without you" },
  );
}
