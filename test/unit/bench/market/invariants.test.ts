import { expect } from "chai";

import { SimulationError } from "../../../../bench/market/errors.ts";
import { requireBacked } from "../../../../bench/market/invariants.ts";
import { burnDebt, newLedger, purseOf, type Ledger } from "../../../../bench/market/ledger.ts";
import { CU, ORION } from "../../../../bench/market/units.ts";

const CREDITS = "credits";

function backed(): Ledger {
  const ledger = newLedger();
  const promised = { promisedDebt: 10n * CU, promisedLock: 21n * ORION };
  ledger.positions.set(1n, { id: 1n, owner: "a", end: 0, debt: 10n * CU, lock: 21n * ORION, ...promised });
  purseOf(ledger, "a").cu = 10n * CU;
  purseOf(ledger, CREDITS).orion = 21n * ORION;
  return ledger;
}

describe("the market's backing", () => {
  it("holds for what was minted and for what is left after part of it burned", () => {
    const ledger = backed();
    expect(requireBacked(ledger, CREDITS)).to.deep.equal({ debt: 10n * CU, lock: 21n * ORION });
    const released = burnDebt(ledger.positions.get(1n)!, 3n);
    purseOf(ledger, "a").cu -= 3n;
    purseOf(ledger, CREDITS).orion -= released;
    expect(() => requireBacked(ledger, CREDITS)).not.to.throw();
  });

  const breaks: Record<string, (ledger: Ledger) => void> = {
    "one unit of CU that nobody owes": (ledger) => (purseOf(ledger, "b").cu += 1n),
    "one wei that left the credits": (ledger) => (purseOf(ledger, CREDITS).orion -= 1n),
    "one wei that came to the credits": (ledger) => (purseOf(ledger, CREDITS).orion += 1n),
    "a lock below what the CU were minted with": (ledger) => {
      ledger.positions.get(1n)!.lock -= 1n;
      purseOf(ledger, CREDITS).orion -= 1n;
    },
  };
  for (const [what, breaking] of Object.entries(breaks)) {
    it(`is broken by ${what}`, () => {
      const ledger = backed();
      breaking(ledger);
      expect(() => requireBacked(ledger, CREDITS)).to.throw(SimulationError);
    });
  }
});
