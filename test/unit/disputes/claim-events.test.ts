import { expect } from "chai";
import type { Log } from "ethers";
import fc from "fast-check";

import type { MarketEvent } from "@orion/protocol/chain";

import { ClaimEvents } from "../../../protocol/disputes/claim-events.ts";
import { DisputeState } from "../../../protocol/disputes/dispute-state.ts";

const [MARKET, KEY] = ["0xmarket", "0xkey"];

/** Demands of blocks of outputs and their answers; two of a subject so that their order tells. */
const EVENTS = Array.from({ length: 12 }, (_, i): [Log, MarketEvent] => {
  const block = 10 + Math.floor(i / 3);
  const where = { shard: 0n, output: 0n, index: BigInt(i % 4) };
  const isAnswer = i >= 8;
  const args = isAnswer ? { chunks: `0x0${String(i - 8)}` } : { payer: "0xp", deadline: BigInt(100 + i), price: 1n };
  const event: MarketEvent = {
    name: isAnswer ? "OutputAnswered" : "OutputDemanded",
    args: { market: MARKET, key: KEY, where, ...args },
    block,
    transaction: "0xt",
  };
  return [{ blockNumber: block, blockHash: `0x${String(block)}`, index: i % 3 } as unknown as Log, event];
});

function reference(entries: readonly [Log, MarketEvent][]): unknown {
  const state = new DisputeState();
  for (const [, event] of entries) state.apply(event);
  return state.of(MARKET, KEY);
}

describe("ClaimEvents", () => {
  it("amounts to the events in the chain's order, in whatever order and how often they come and are taken back", () => {
    const step = fc.record({ at: fc.nat(EVENTS.length - 1), remove: fc.boolean(), look: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const events = new ClaimEvents();
        const present = new Set<number>();
        for (const { at, remove, look } of steps) {
          const [log, event] = EVENTS[at] as [Log, MarketEvent];
          if (remove) {
            events.remove(log);
            present.delete(at);
          } else {
            events.add(log, event);
            present.add(at);
          }
          if (look) events.dispute(MARKET, KEY);
        }
        const inOrder = [...present].sort((a, b) => a - b).map((at) => EVENTS[at] as [Log, MarketEvent]);
        expect(events.dispute(MARKET, KEY)).to.deep.equal(reference(inOrder));
        expect(events.newest).to.equal(inOrder.at(-1)?.[0].blockNumber ?? -1);
      }),
    );
  });
});
