import { expect } from "chai";

import { payFor } from "../../../../bench/market/agents/deliverer.ts";
import { decide as decideToBuy, rescue } from "../../../../bench/market/agents/engineer.ts";
import { decide as decideToProvide, promise } from "../../../../bench/market/agents/liquidity-provider.ts";
import { atTerm, bestUse, daysAhead, isWorthwhile } from "../../../../bench/market/agents/provider.ts";
import type { Provider } from "../../../../bench/market/agents/kinds.ts";
import { target } from "../../../../bench/market/agents/speculator.ts";
import type { Position } from "../../../../bench/market/ledger.ts";
import type { Job } from "../../../../bench/market/state.ts";
import { CU, DAY, HOUR, ORION } from "../../../../bench/market/units.ts";

const job = (changes: Partial<Job> = {}): Job =>
  ({ size: 100, worth: 150, paid: 100, tip: 0n, postedAt: 0, ...changes }) as Job;

describe("an engineer", () => {
  const want = { size: 100, worth: 150, since: 0 };

  it("buys what costs no more than it is worth, waits for the rest and gives up after five days", () => {
    expect(decideToBuy(want, 150, 0)).to.equal("buy");
    expect(decideToBuy(want, 150.01, 0)).to.equal("wait");
    expect(decideToBuy(want, 150.01, 120)).to.equal("drop");
    expect(decideToBuy(want, 149, 500)).to.equal("buy");
  });

  it("tips a job that nobody took for a day, once and within its worth, and takes it back after four", () => {
    expect(rescue(job(), 23 * HOUR, 15)).to.equal("wait");
    expect(rescue(job(), 24 * HOUR, 15)).to.equal("tip");
    expect(rescue(job({ tip: 1n }), 24 * HOUR, 15)).to.equal("wait");
    expect(rescue(job({ paid: 140 }), 24 * HOUR, 15)).to.equal("wait");
    expect(rescue(job(), 96 * HOUR, 15)).to.equal("cancel");
  });
});

describe("a provider", () => {
  const provider = { cost: 1, capacity: 100 } as Provider;

  it("takes what pays for its computing with a margin after the swap's fee, tips counted", () => {
    expect(isWorthwhile(provider, job(), 1.054)).to.equal(true);
    expect(isWorthwhile(provider, job(), 1.052)).to.equal(false);
    expect(isWorthwhile(provider, job({ tip: 15n * CU }), 0.95)).to.equal(true);
  });

  it("takes nothing that it cannot finish in three days", () => {
    expect(isWorthwhile(provider, job({ size: 300 }), 2)).to.equal(true);
    expect(isWorthwhile(provider, job({ size: 301 }), 2)).to.equal(false);
  });

  it("frees a lock with its CU while that is worth more than selling them", () => {
    expect(bestUse(2, 1)).to.equal("redeem");
    expect(bestUse(2, 10)).to.equal("sell");
  });

  it("walks away from a position whose lock is worth less than the CU that it owes", () => {
    expect(atTerm(2, 10, 2)).to.equal("abandon");
    expect(atTerm(2, 1, 2)).to.equal("roll");
    expect(atTerm(2, 1, 0.9)).to.equal("close");
  });

  it("sells the more ahead the more the price leaves it, up to twenty days", () => {
    expect(daysAhead(1)).to.equal(0);
    expect(daysAhead(1.12)).to.be.closeTo(0, 1e-12);
    expect(daysAhead(1.232)).to.be.closeTo(3, 1e-9);
    expect(daysAhead(5)).to.equal(20);
  });
});

describe("a liquidity provider", () => {
  it("enters above what it asks, and leaves only well below", () => {
    const outside = { address: "", capital: 1, required: 0.1, hour: 0, inside: false };
    const inside = { ...outside, inside: true };
    expect(decideToProvide(outside, 0.11)).to.equal("enter");
    expect(decideToProvide(outside, 0.09)).to.equal("stay");
    expect(decideToProvide(inside, 0.07)).to.equal("stay");
    expect(decideToProvide(inside, 0.05)).to.equal("leave");
  });

  it("takes what the price's movement costs off what it expects", () => {
    expect(promise({ lpFees: 0.08, lpMining: 0.2, lpLoss: 0.05 })).to.be.closeTo(0.23, 1e-12);
  });
});

describe("a speculator", () => {
  const speculator = { address: "", capital: 1, opinion: 1, band: 0.04, spent: 0 };

  it("moves a price outside its band half way back into it", () => {
    expect(target(speculator, 0.9, 1, 1)).to.be.closeTo(0.98, 1e-12);
    expect(target(speculator, 1.1, 1, 1)).to.be.closeTo(1.02, 1e-12);
    expect(target(speculator, 1.03, 1, 1)).to.equal(undefined);
  });

  it("values CU in US dollars, so that they are dearer in ORION when ORION falls", () => {
    expect(target(speculator, 1, 0.1, 1)).to.be.closeTo(9.8, 1e-9);
  });
});

describe("a deliverer", () => {
  const position = { id: 1n, owner: "", end: 1_000, debt: 10n * CU, lock: 20n * ORION } as Position;

  it("is paid nothing until the end, and all after three days", () => {
    expect(payFor(position, CU, 1_000)).to.equal(0n);
    expect(payFor(position, CU, 1_000 + (3 * DAY) / 2)).to.equal(ORION);
    expect(payFor(position, CU, 1_000 + 3 * DAY)).to.equal(2n * ORION);
    expect(payFor(position, 10n * CU, 1_000 + 30 * DAY)).to.equal(20n * ORION);
  });
});
