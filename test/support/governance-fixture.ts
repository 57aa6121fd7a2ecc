import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, id, type BaseContract, type ContractTransactionResponse } from "ethers";

import { loadParameters, type Parameters } from "@orion/deploy";

import { orionModule } from "../../deploy/modules/Orion.ts";
import type { ComputeCredits } from "../../protocol/chain/generated/credits/ComputeCredits.js";
import type { DePinDex } from "../../protocol/chain/generated/exchange/DePinDex.js";
import type { LiquidityMining } from "../../protocol/chain/generated/exchange/LiquidityMining.js";
import type { Guardian } from "../../protocol/chain/generated/governance/Guardian.js";
import type { OrionGovernor } from "../../protocol/chain/generated/governance/OrionGovernor.js";
import type { OrionTimelock } from "../../protocol/chain/generated/governance/OrionTimelock.js";
import type { JobMarket } from "../../protocol/chain/generated/market/JobMarket.js";
import type { ProviderRegistry } from "../../protocol/chain/generated/registry/ProviderRegistry.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";
import { CU, DAY, ORION } from "./market-fixture.ts";
import { openCredits } from "./open-credits.ts";

type Connection = Awaited<ReturnType<typeof hre.network.create>>;

/** `GovernorCountingSimple.VoteType` in its order. */
export const VOTE = { against: 0, for: 1, abstain: 2 } as const;
/** `IGovernor.ProposalState` in its order. */
export const STATE = {
  pending: 0n,
  active: 1n,
  canceled: 2n,
  defeated: 3n,
  succeeded: 4n,
  queued: 5n,
  expired: 6n,
  executed: 7n,
} as const;

/** One call that the timelock is to make. */
export interface Action {
  readonly target: { getAddress(): Promise<string> };
  readonly data: string;
}

export interface Proposal {
  readonly id: bigint;
  readonly targets: string[];
  readonly values: bigint[];
  readonly calldatas: string[];
  readonly description: string;
  readonly hash: string;
}

export interface GovernanceFixture {
  readonly ethers: Connection["ethers"];
  readonly helpers: Connection["networkHelpers"];
  readonly time: Connection["networkHelpers"]["time"];
  readonly parameters: Parameters["Orion"];
  readonly orion: OrionToken;
  readonly registry: ProviderRegistry;
  readonly credits: ComputeCredits;
  readonly dex: DePinDex;
  readonly market: JobMarket;
  readonly mining: LiquidityMining;
  readonly governor: OrionGovernor;
  readonly timelock: OrionTimelock;
  readonly guardian: Guardian;
  /** Every contract that the module deploys, by its name there. */
  readonly deployed: Readonly<Record<string, BaseContract>>;
  /** Deployer and treasury; holds the rest of all ORION, delegates to nobody, and provides the CU/ORION pool. */
  readonly treasury: HardhatEthersSigner;
  /** Six per cent of all votes: enough alone. */
  readonly whale: HardhatEthersSigner;
  /** Three per cent: not enough alone. */
  readonly minor: HardhatEthersSigner;
  /** Fewer votes than a proposal needs. */
  readonly small: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  /** Id of the CU/ORION pool. */
  readonly pool: bigint;
  propose(actions: readonly Action[], proposer?: HardhatEthersSigner): Promise<Proposal>;
  toVote(): Promise<void>;
  toEnd(): Promise<void>;
  toExecution(): Promise<void>;
  queue(proposal: Proposal): Promise<ContractTransactionResponse>;
  execute(proposal: Proposal): Promise<ContractTransactionResponse>;
  /** Proposes, votes with the whale, queues and waits: what is left is the execution. */
  decided(...actions: Action[]): Promise<Proposal>;
  /** All of it; anyone executes. */
  decide(...actions: Action[]): Promise<ContractTransactionResponse>;
  /** Brings the fixture back to the state in which it was made. */
  reset(): Promise<void>;
}

const MILLION = 1_000_000n * ORION;

/** The network as the deployment's module makes it, owned by the governor's timelock, with voters and a pool. */
export async function deployGovernanceFixture(): Promise<GovernanceFixture> {
  const { ethers, ignition, networkHelpers: helpers } = await hre.network.create();
  const [treasury, whale, minor, small, stranger] = await ethers.getSigners();
  if (!treasury || !whale || !minor || !small || !stranger) throw new Error("too few accounts");
  const { Orion: parameters } = await loadParameters("local");
  const deployed = (await ignition.deploy(orionModule(parameters), {
    parameters: { Orion: parameters as unknown as Record<string, never> },
  })) as unknown as Record<string, BaseContract>;
  const at = async (name: string, key: string): Promise<unknown> =>
    await ethers.getContractAt(name, await (deployed[key]?.getAddress() ?? Promise.reject(new Error(key))));
  const orion = (await at("OrionToken", "orion")) as OrionToken;
  const registry = (await at("ProviderRegistry", "registry")) as ProviderRegistry;
  const credits = (await at("ComputeCredits", "credits")) as ComputeCredits;
  const dex = (await at("DePinDex", "dex")) as DePinDex;
  const market = (await at("JobMarket", "market")) as JobMarket;
  const mining = (await at("LiquidityMining", "mining")) as LiquidityMining;
  const governor = (await at("OrionGovernor", "governor")) as OrionGovernor;
  const timelock = (await at("OrionTimelock", "timelock")) as OrionTimelock;
  const guardian = (await at("Guardian", "guardian")) as Guardian;
  for (const [voter, votes] of [
    [whale, 60n * MILLION],
    [minor, 30n * MILLION],
    [small, parameters.proposalThreshold - 1n],
  ] as const) {
    await orion.transfer(voter, votes);
    await orion.connect(voter).delegate(voter);
  }
  await openCredits({ orion, credits }, treasury, { credits: 50_000n * CU, orion: 150_000n * ORION });
  await credits.mint(50_000n * CU, 30 * DAY, MaxUint256 >> 128n, treasury);
  for (const token of [orion, credits]) await token.connect(treasury).approve(dex, MaxUint256);
  await helpers.time.increase(1);
  let proposals = 0;
  const past = async (seconds: number): Promise<void> => {
    await helpers.time.increase(seconds + 1);
  };
  const packed = (p: Proposal): [string[], bigint[], string[], string] => [p.targets, p.values, p.calldatas, p.hash];
  const f: Omit<GovernanceFixture, "reset"> = {
    ...{ ethers, helpers, time: helpers.time, parameters, deployed },
    ...{ orion, registry, credits, dex, market, mining, governor, timelock, guardian },
    ...{ treasury, whale, minor, small, stranger, pool: await credits.POOL() },
    propose: async (actions, proposer = whale) => {
      const targets = await Promise.all(actions.map(({ target }) => target.getAddress()));
      const calldatas = actions.map(({ data }) => data);
      const values = actions.map(() => 0n);
      const description = `proposal ${String((proposals += 1))}`;
      const hash = id(description);
      await governor.connect(proposer).propose(targets, values, calldatas, description);
      const proposalId = await governor.hashProposal(targets, values, calldatas, hash);
      return { id: proposalId, targets, values, calldatas, description, hash };
    },
    toVote: async () => await past(parameters.votingDelay),
    toEnd: async () => await past(Number(await governor.votingPeriod())),
    toExecution: async () => await past(Number(await timelock.getMinDelay())),
    queue: (proposal) => governor.connect(stranger).queue(...packed(proposal)),
    execute: (proposal) => governor.connect(stranger).execute(...packed(proposal)),
    decided: async (...actions) => {
      const proposal = await f.propose(actions);
      await past(Number(await governor.votingDelay()));
      await governor.connect(whale).castVote(proposal.id, VOTE.for);
      await f.toEnd();
      await f.queue(proposal);
      await f.toExecution();
      return proposal;
    },
    decide: async (...actions) => await f.execute(await f.decided(...actions)),
  };
  const snapshot = await helpers.takeSnapshot();
  return { ...f, reset: () => snapshot.restore() };
}
