import { expect } from "chai";
import fc from "fast-check";

import { MarketState, type MarketEvent, type Undo } from "@orion/protocol/chain";

const JOB = `0x${"1".repeat(64)}`;
const keyOf = (attempt: number): string => `0x${String(attempt).padStart(64, "0")}`;

/** A unit's life: claimed and expired some times, then committed and settled, or forfeited and done again. */
function lifeOf(ends: readonly ("expired" | "forfeited")[]): MarketEvent[] {
  const events: MarketEvent[] = [];
  const push = (name: string, args: Record<string, unknown>): void => {
    const block = events.length + 1;
    events.push({ name, args: { jobId: JOB, unit: 0n, ...args }, block, transaction: `0x${String(block)}` });
  };
  push("JobPosted", { terms: { shards: 2n, shardsPerClaim: 2n } });
  const claim = (attempt: number): string => {
    const key = keyOf(attempt);
    push("UnitClaimed", { key, worker: "w", provider: "p", attempt: BigInt(attempt), deadline: 10n });
    return key;
  };
  const commit = (key: string): void => {
    push("ClaimCommitted", { key, worker: "w", outputsRoot: "r", outputs: "o", windowEnd: 20n });
  };
  const paid = { burned: 1n, compensation: 1n };
  ends.forEach((end, attempt) => {
    const key = claim(attempt);
    if (end === "forfeited") commit(key);
    if (end === "expired") push("UnitExpired", { key, worker: "w", ...paid });
    else push("UnitForfeited", { key, worker: "w", finder: "f", reward: 1n, reserved: 0n, ...paid });
  });
  const last = claim(ends.length);
  commit(last);
  push("UnitSettled", {
    key: last,
    worker: "w",
    provider: "p",
    pay: 5n,
    tip: 0n,
    fee: 1n,
    feeTo: "k",
    accepted: false,
  });
  return events;
}

const plain = (state: MarketState): unknown =>
  [...state.jobs.values()].map(({ units, ...job }) => ({ ...job, units: [...units] }));

function stateOf(events: readonly MarketEvent[]): MarketState {
  const state = new MarketState();
  for (const event of events) state.apply(event);
  return state;
}

describe("a market state from which logs are missing", () => {
  const lives = fc
    .array(fc.constantFrom("expired" as const, "forfeited" as const), { maxLength: 4 })
    .map((ends) => lifeOf(ends));

  it("never shows a claim of which it has not seen who made it, whichever logs are missing", () => {
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.boolean()), (events, keep) => {
        const kept = events.filter(() => keep.next().value === true);
        const state = stateOf(kept);
        for (const { units } of state.jobs.values()) {
          for (const unit of units) {
            if (unit.status === "free") expect(unit.key).to.equal("");
            else expect([unit.key, unit.worker]).to.deep.equal([keyOf(unit.attempt), "w"]);
          }
        }
      }),
    );
  });

  it("knows that one is missing as soon as another needs it", () => {
    const events = lifeOf(["expired", "forfeited"]);
    expect(stateOf(events).gaps).to.equal(0);
    const needed = events.slice(0, -1);
    needed.forEach((_, missing) => {
      const state = stateOf(events.filter((_event, i) => i !== missing));
      expect(state.gaps, `without event ${String(missing)}`).to.be.greaterThan(0);
    });
  });

  it("is the right one again when all is taken back and applied in order", () => {
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.boolean()), (events, keep) => {
        const state = new MarketState();
        const undos: Undo[] = events.filter(() => keep.next().value === true).map((event) => state.apply(event));
        for (const undo of undos.reverse()) undo();
        expect([state.gaps, state.jobs.size]).to.deep.equal([0, 0]);
        for (const event of events) state.apply(event);
        expect(plain(state)).to.deep.equal(plain(stateOf(events)));
      }),
    );
  });
});
