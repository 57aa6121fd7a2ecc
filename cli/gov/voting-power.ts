import { reading, type Chain } from "@orion/protocol/chain";

/** Votes of an account, in ORION wei. */
export interface VotingPower {
  /** ORION that it holds itself. */
  readonly held: bigint;
  /** Who votes with what it holds; the zero address for nobody. */
  readonly delegate: string;
  /** ORION of anybody, itself included, that is delegated to it. */
  readonly delegated: bigint;
  /** Its stake at all markets. */
  readonly staked: bigint;
  /** Locked in its positions of compute credits. */
  readonly locked: bigint;
  /** All its votes: delegated, staked and locked. */
  readonly votes: bigint;
}

/** What an account would vote with if a vote began now. */
export async function readVotingPower(chain: Chain, account: string): Promise<VotingPower> {
  const { orion, registry, credits } = chain.contracts;
  const [held, delegate, delegated, staked, locked] = await reading(chain, () =>
    Promise.all([
      orion.balanceOf(account),
      orion.delegates(account),
      orion.getVotes(account),
      registry.getVotes(account),
      credits.getVotes(account),
    ]),
  );
  return { held, delegate, delegated, staked, locked, votes: delegated + staked + locked };
}
