import { expect } from "chai";
import fc from "fast-check";

import { CREDIT } from "@orion/protocol/common";

import { lockFor, paidFor, topUpTo, withHeadroom } from "../../../cli/credits/health.ts";
import type { Position } from "../../../cli/credits/positions.ts";

const RUNS = 300 * Number(process.env.FUZZ_RUNS ?? "1");
const AUCTION = 259_200n;
const CU = CREDIT;
const ORION = 10n ** 18n;
const position = (debt: bigint, lock: bigint): Position => ({ id: 1n, owner: "", end: 1_000, debt, lock });

describe("the health of a position", () => {
  it("needs what today's collateral is above its lock, rounded up, and never gives any back", () => {
    const topUp = (debt: bigint, lock: bigint, each: bigint): bigint =>
      topUpTo(position(debt, lock), lockFor(debt, each));
    expect(topUp(2n * CU, 4n * ORION, 3n * ORION)).to.equal(2n * ORION);
    expect(topUp(2n * CU, 4n * ORION, ORION)).to.equal(0n);
    expect(topUp(1n, 0n, 1n)).to.equal(1n);
  });

  it("leaves a hundredth for a price that moves", () => {
    expect(withHeadroom(200n)).to.equal(202n);
    expect(withHeadroom(0n)).to.equal(0n);
  });

  it("pays a delivery nothing until its end, half after half of the auction, all after it", () => {
    const open = position(10n * CU, 20n * ORION);
    const at = (now: number): bigint => paidFor(open, 5n * CU, now, AUCTION);
    expect([0, 1_000].map(at)).to.deep.equal([0n, 0n]);
    expect(at(1_000 + 129_600)).to.equal(5n * ORION);
    expect([1_000 + 259_200, 10 ** 9].map(at)).to.deep.equal([10n * ORION, 10n * ORION]);
  });

  it("never pays more than the lock's part, nor less later", () => {
    const cases = fc.record({
      debt: fc.bigInt({ min: 1n, max: 2n ** 100n }),
      lock: fc.bigInt({ min: 0n, max: 2n ** 100n }),
      amount: fc.bigInt({ min: 1n, max: 2n ** 100n }),
      now: fc.integer({ min: 0, max: 400_000 }),
      later: fc.integer({ min: 0, max: 400_000 }),
    });
    const property = fc.property(cases, ({ debt, lock, amount, now, later }) => {
      const open = position(debt, lock);
      const [first, second] = [now, now + later].map((time) => paidFor(open, amount, time, AUCTION));
      expect(first! <= second! && second! <= lock).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
