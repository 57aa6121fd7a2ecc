import { toBeHex } from "ethers";

import { contractInterface, type ContractName } from "@orion/protocol/chain";

/** An event as `gnd test` takes it. */
export interface FixtureEvent {
  readonly address: string;
  readonly event: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What the index must answer once all events are in. */
export interface FixtureAssertion {
  readonly query: string;
  readonly expected: unknown;
}

/** A file of `gnd test`. */
export interface Fixture {
  readonly name: string;
  readonly blocks: readonly { readonly timestamp?: number; readonly events?: readonly FixtureEvent[] }[];
  readonly assertions: readonly FixtureAssertion[];
}

/** Addresses of the fixtures' network, by contract. */
export const FIXTURE_ADDRESSES = {
  OrionToken: toBeHex(1, 20),
  ProviderRegistry: toBeHex(2, 20),
  ComputeCredits: toBeHex(3, 20),
  DisputeManager: toBeHex(4, 20),
  JobMarket: toBeHex(5, 20),
  Reserves: toBeHex(6, 20),
  DePinDex: toBeHex(7, 20),
  LiquidityMining: toBeHex(8, 20),
  BuyAndPost: toBeHex(9, 20),
  OrionGovernor: toBeHex(10, 20),
  OrionTimelock: toBeHex(11, 20),
  UsdPrices: toBeHex(12, 20),
  Guardian: toBeHex(13, 20),
} as const satisfies Partial<Record<ContractName, string>>;

export type FixtureContract = keyof typeof FIXTURE_ADDRESSES;

/** An event of a contract, with its arguments in the order of the ABI. */
export function event(contract: FixtureContract, name: string, ...args: readonly unknown[]): FixtureEvent {
  const fragment = contractInterface(contract).getEvent(name);
  if (fragment === null) throw new Error(`${contract} has no event ${name}`);
  const inputs = fragment.inputs.map(
    (input) => `${input.type} ${input.indexed === true ? "indexed " : ""}${input.name}`,
  );
  const params = Object.fromEntries(fragment.inputs.map((input, i) => [input.name, args[i]]));
  return { address: FIXTURE_ADDRESSES[contract], event: `${name}(${inputs.join(", ")})`, params };
}

/**
 * A fixture: one block per group of events, a hundred seconds apart, behind an empty block, because gnd passes over the first one.
 */
export function fixture(
  name: string,
  groups: readonly (readonly FixtureEvent[])[],
  ...assertions: readonly (readonly [query: string, expected: unknown])[]
): Fixture {
  const blocks = groups.map((events, i) => ({ timestamp: 1_000 + 100 * i, events }));
  return {
    name,
    blocks: [{ timestamp: 900 }, ...blocks],
    assertions: assertions.map(([query, expected]) => ({ query: `{ ${query} }`, expected })),
  };
}
