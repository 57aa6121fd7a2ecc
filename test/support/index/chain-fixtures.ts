import { contractInterface } from "@orion/protocol/chain";

import type { EmittedLog, EmittingChain } from "./emitting-chain.ts";
import { FIXTURE_ADDRESSES, type Fixture, type FixtureContract, type FixtureEvent } from "./gnd-fixtures.ts";
import { handledEvents } from "./handled-events.ts";

/** A contract as the fixtures know it, and where it is on the chain. */
interface Place {
  readonly contract: FixtureContract;
  readonly at: string;
}

/** Later than any chain of a test has come: where a fixture's times begin on a chain, which never goes back. */
const EPOCH = 4_000_000_000;
const SPACING = 100_000;

/** A fixture's time as the first fixture of a chain meets it. */
export const chainTime = (seconds: number): string => String(EPOCH + seconds);

/** Emits fixtures' events as real logs, a block for each of their blocks, with as much time between them. Gives the last block's number. */
export async function emitFixtures(emitting: EmittingChain, fixtures: readonly Fixture[]): Promise<number> {
  const { chain, network } = emitting;
  const places = new Map<unknown, Place>();
  for (const { contract, address } of await handledEvents()) {
    const name = contract as FixtureContract;
    places.set(FIXTURE_ADDRESSES[name], { contract: name, at: network.addresses[address as "orion"] });
  }
  let last = 0;
  for (const [i, { blocks }] of fixtures.entries()) {
    for (const { timestamp = 0, events = [] } of blocks) {
      await chain.rpc("evm_setNextBlockTimestamp", [EPOCH + i * SPACING + timestamp]);
      last = await emitting.emit(events.map((event) => logOf(event, places)));
    }
  }
  return last;
}

/** The log that the contract itself would write. */
function logOf({ address, event, params }: FixtureEvent, places: ReadonlyMap<unknown, Place>): EmittedLog {
  const place = places.get(address);
  if (place === undefined) throw new Error(`no contract of the fixtures is at ${address}`);
  const abi = contractInterface(place.contract);
  const fragment = abi.getEvent(event.slice(0, event.indexOf("(")));
  if (fragment === null) throw new Error(`${place.contract} has no event ${event}`);
  const values = fragment.inputs.map(({ name }) => places.get(params[name])?.at ?? params[name]);
  return { emitter: place.at, ...abi.encodeEventLog(fragment, values) };
}
