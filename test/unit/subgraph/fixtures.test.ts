import { expect } from "chai";

import { FIXTURE_ADDRESSES, type Fixture } from "../../support/index/gnd-fixtures.ts";
import { handledEvents } from "../../support/index/handled-events.ts";
import { CHAIN_FIXTURES, FIXTURES } from "../../integration/subgraph/fixtures/index.ts";

describe("the fixtures of the subgraph", () => {
  it("have an event for every handler of the manifest, and for nothing else", async () => {
    const handled = (await handledEvents()).map(({ contract, event }) => `${contract}.${event}`);
    const given = new Set([...Object.values(FIXTURES), ...CHAIN_FIXTURES].flatMap(eventsOf));
    expect(handled.length).to.be.greaterThan(60);
    expect([...given].sort()).to.deep.equal(handled.sort());
  });
});

function eventsOf({ blocks }: Fixture): string[] {
  const contracts = new Map(Object.entries(FIXTURE_ADDRESSES).map(([contract, address]) => [address, contract]));
  return blocks
    .flatMap(({ events = [] }) => events)
    .map(({ address, event }) => `${contracts.get(address)}.${event.slice(0, event.indexOf("("))}`);
}
