import { reading, type Chain, type ContractName, type Contracts, type NetworkFile } from "@orion/protocol/chain";

import { CU, ORION } from "../core/amounts.ts";
import { accountOrNone, amount, duration, flag, part, percent, positive, type Kind } from "./values.ts";

/** A number that governance may set, under the name that people use. */
export interface Parameter {
  readonly name: string;
  /** Where the network file names its contract. */
  readonly at: keyof NetworkFile["addresses"];
  readonly contract: ContractName;
  readonly setter: string;
  readonly kind: Kind;
  /** One for each pool; the setter takes the pool's id first. */
  readonly perPool: boolean;
  /** Beside its limits, in words. */
  readonly rule: string;
  /** Least and most, as the contract's constants say; without them the contract refuses what is out of bounds when it is asked. */
  limits?(contracts: Contracts): Promise<readonly [least: bigint, most: bigint]>;
  read(chain: Chain, pool: bigint): Promise<bigint>;
}

const perCredit = { ...ORION, symbol: "ORION per CU" };
const perSecond = { ...ORION, symbol: "ORION per second" };
const BY_A_QUARTER = "by a quarter at most, a week apart";
const toNumber = (isSet: boolean): bigint => (isSet ? 1n : 0n);

type Own = Pick<Parameter, "kind" | "rule" | "read" | "limits"> & { readonly perPool?: true };
type Place = Pick<Parameter, "at" | "contract">;

function parametersOf(place: Place, own: Readonly<Record<string, Own & { readonly setter: string }>>): Parameter[] {
  return Object.entries(own).map(([name, rest]) => ({
    ...place,
    ...rest,
    name: `${place.at}.${name}`,
    perPool: rest.perPool === true,
  }));
}

const CREDITS = parametersOf(
  { at: "credits", contract: "ComputeCredits" },
  {
    floor: {
      setter: "setFloor",
      kind: positive(perCredit),
      rule: BY_A_QUARTER,
      read: async ({ contracts }) => (await contracts.credits.parameters()).floor,
    },
    cap: {
      setter: "setCap",
      kind: positive(CU),
      rule: BY_A_QUARTER,
      read: async ({ contracts }) => (await contracts.credits.parameters()).cap,
    },
    bootstrapCap: {
      setter: "setBootstrapCap",
      kind: positive(CU),
      rule: BY_A_QUARTER,
      read: async ({ contracts }) => (await contracts.credits.parameters()).bootstrapCap,
    },
    minDepth: {
      setter: "setMinDepth",
      kind: positive(ORION),
      rule: BY_A_QUARTER,
      read: async ({ contracts }) => (await contracts.credits.parameters()).minDepth,
    },
    paused: {
      setter: "setPaused",
      kind: flag,
      rule: "stops new mints",
      read: async ({ contracts }) => toNumber(await contracts.credits.paused()),
    },
  },
);

const MARKET = parametersOf(
  { at: "market", contract: "JobMarket" },
  {
    lowestCollateral: {
      setter: "setLowestCollateral",
      kind: positive(perCredit),
      rule: `${BY_A_QUARTER}, at most the highest`,
      read: async ({ contracts }) => (await contracts.market.collateralBounds()).lowest,
    },
    highestCollateral: {
      setter: "setHighestCollateral",
      kind: positive(perCredit),
      rule: `${BY_A_QUARTER}, at least the lowest`,
      read: async ({ contracts }) => (await contracts.market.collateralBounds()).highest,
    },
    claimCollateral: {
      setter: "setClaimCollateral",
      kind: positive(ORION),
      rule: BY_A_QUARTER,
      read: async ({ contracts }) => (await contracts.market.collateralBounds()).perClaim,
    },
    paused: {
      setter: "setPaused",
      kind: flag,
      rule: "stops new posts and claims",
      read: async ({ contracts }) => toNumber(await contracts.market.paused()),
    },
  },
);

const EXCHANGE = [
  ...parametersOf(
    { at: "dex", contract: "DePinDex" },
    {
      protocolPart: {
        setter: "setProtocolPart",
        kind: part,
        perPool: true,
        rule: "a sixth of the pool's fee at most",
        read: async ({ contracts }, pool) => (await contracts.dex.trackOf(pool)).protocolPart,
      },
      paused: {
        setter: "setPaused",
        kind: flag,
        rule: "stops new liquidity",
        read: async ({ contracts }) => toNumber(await contracts.dex.paused()),
      },
    },
  ),
  ...parametersOf(
    { at: "mining", contract: "LiquidityMining" },
    {
      rate: {
        setter: "setRate",
        kind: amount(perSecond),
        perPool: true,
        rule: "for all shares of the pool together",
        limits: async ({ mining }) => [0n, await mining.MAX_RATE()],
        read: async ({ contracts }, pool) => (await contracts.mining.farm(pool)).rate,
      },
    },
  ),
];

const GOVERNANCE = [
  ...parametersOf(
    { at: "governor", contract: "OrionGovernor" },
    {
      votingDelay: {
        setter: "setVotingDelay",
        kind: duration,
        rule: "from a proposal to its vote",
        limits: ({ governor }) => Promise.all([governor.LEAST_VOTING_DELAY(), governor.LONGEST_PERIOD()]),
        read: ({ contracts }) => contracts.governor.votingDelay(),
      },
      votingPeriod: {
        setter: "setVotingPeriod",
        kind: duration,
        rule: "of the vote",
        limits: ({ governor }) => Promise.all([governor.LEAST_VOTING_PERIOD(), governor.LONGEST_PERIOD()]),
        read: ({ contracts }) => contracts.governor.votingPeriod(),
      },
      lateQuorumExtension: {
        setter: "setLateQuorumVoteExtension",
        kind: duration,
        rule: "that a vote lasts at least after its quorum",
        limits: ({ governor }) => Promise.all([governor.LEAST_EXTENSION(), governor.votingPeriod()]),
        read: ({ contracts }) => contracts.governor.lateQuorumVoteExtension(),
      },
      proposalThreshold: {
        setter: "setProposalThreshold",
        kind: amount(ORION),
        rule: "votes of a proposer",
        limits: async ({ governor }) => [0n, await governor.HIGHEST_THRESHOLD()],
        read: ({ contracts }) => contracts.governor.proposalThreshold(),
      },
      quorum: {
        setter: "updateQuorumNumerator",
        kind: percent,
        rule: "of all ORION takes part",
        limits: ({ governor }) => Promise.all([governor.LEAST_QUORUM(), governor.HIGHEST_QUORUM()]),
        read: ({ contracts }) => contracts.governor["quorumNumerator()"](),
      },
    },
  ),
  ...parametersOf(
    { at: "timelock", contract: "OrionTimelock" },
    {
      delay: {
        setter: "updateDelay",
        kind: duration,
        rule: "from the queue to the execution",
        limits: ({ timelock }) => Promise.all([timelock.LEAST_DELAY(), timelock.LONGEST_DELAY()]),
        read: ({ contracts }) => contracts.timelock.getMinDelay(),
      },
    },
  ),
];

const GUARDIAN = parametersOf(
  { at: "guardian", contract: "Guardian" },
  {
    account: {
      setter: "setGuardian",
      kind: accountOrNone,
      rule: "may pause for 14 days and cancel once",
      read: async ({ contracts }) => BigInt(await contracts.guardian.guardian()),
    },
  },
);

/** Everything that governance may set by name. */
export const PARAMETERS: readonly Parameter[] = [...CREDITS, ...MARKET, ...EXCHANGE, ...GOVERNANCE, ...GUARDIAN];

/** What a parameter is now. */
export function readParameter(chain: Chain, parameter: Parameter, pool = 0n): Promise<bigint> {
  return reading(chain, () => parameter.read(chain, pool));
}
