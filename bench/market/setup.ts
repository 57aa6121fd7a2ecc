import { id } from "ethers";

import { makeDeliverer } from "./agents/deliverer.ts";
import { makeEngineer } from "./agents/engineer.ts";
import { makeLiquidityProvider } from "./agents/liquidity-provider.ts";
import { makeProvider } from "./agents/provider.ts";
import { makeSpeculator } from "./agents/speculator.ts";
import { SimChain, type Log } from "./chain.ts";
import { deployContracts, type Contracts } from "./contracts.ts";
import { book, newLedger, purseOf } from "./ledger.ts";
import { marketParameters, type Options } from "./parameters.ts";
import { Random } from "./random.ts";
import { newDay, type Agents, type State, type View } from "./state.ts";
import { World } from "./world.ts";

/** Of a hundred agents. */
const SHARES = { engineers: 50, providers: 33, liquidityProviders: 13, speculators: 2.5, deliverers: 1 } as const;

/** Addresses of those who are one of a kind. */
export const VALIDATOR = addressOf("validator");
export const UPKEEP = addressOf("upkeep");

/** A chain with the network on it, and a market of agents who have money outside and approved what they use. */
export async function setUp(options: Options): Promise<World> {
  const chain = await SimChain.start();
  const contracts = await deployContracts(chain, await marketParameters());
  const random = new Random(options.seed);
  const agents = makeAgents(options.agents, random);
  const state = await firstState(chain, contracts, agents, random);
  const world = new World(chain, contracts, state);
  await chain.takeOver();
  await chain.admit(contracts.treasury);
  for (const address of [...addressesOf(agents), VALIDATOR, UPKEEP]) await world.admit(address);
  await world.mine();
  return world;
}

export function addressesOf(agents: Agents): string[] {
  return Object.values(agents).flatMap((kind: readonly { readonly address: string }[]) =>
    kind.map(({ address }) => address),
  );
}

/** An address that nobody has a key to, by the name of its agent. */
export function addressOf(name: string): string {
  return id(`agent ${name}`).slice(0, 42);
}

function makeAgents(count: number, random: Random): Agents {
  const several = <T>(kind: keyof typeof SHARES, make: (random: Random, address: string) => T): T[] =>
    Array.from({ length: Math.max(1, Math.round((count * SHARES[kind]) / 100)) }, (_, i) =>
      make(random, addressOf(`${kind} ${i}`)),
    );
  return {
    engineers: several("engineers", makeEngineer),
    providers: several("providers", makeProvider),
    liquidityProviders: several("liquidityProviders", makeLiquidityProvider),
    speculators: several("speculators", makeSpeculator),
    deliverers: several("deliverers", makeDeliverer),
  };
}

async function firstState(chain: SimChain, contracts: Contracts, agents: Agents, random: Random): Promise<State> {
  const { dex, poolId } = contracts;
  const ledger = newLedger();
  const logs = (await chain.ethers.provider.getLogs({ fromBlock: 0, toBlock: "latest" })) as unknown as Log[];
  book(
    ledger,
    contracts,
    logs.map((log) => ({ ...log, address: log.address.toLowerCase(), topics: log.topics, data: log.data })),
  );
  purseOf(ledger, contracts.treasury);
  return {
    random: random.state,
    hour: 0,
    ledger,
    pool: { ...ledger.reserves, shares: await dex.totalSupply(poolId) },
    usd: new Map(),
    ...{ surplus: 0, computing: 0, jobs: new Map(), nextJob: 1, agents },
    view: NOTHING_SEEN,
    day: newDay(),
    ...{ fees: [], logPrices: [], miningRate: 0n },
  };
}

const NOTHING_SEEN: View = {
  ...{ time: 0, hour: 0, orionUsd: 1, demand: 1, collateral: 0n, live: false, weekMean: 0, mintable: 0n, meanUsd: 0 },
  ...{ lpFees: 0, lpMining: 0, lpLoss: 0 },
};
