import { expect } from "chai";
import fc from "fast-check";

import { UnitTable, type Terms, type UnitRecord } from "@orion/protocol/chain";

const table = (shards: number, shardsPerClaim: number): UnitTable => new UnitTable({ shards, shardsPerClaim } as Terms);
const numRuns = 200 * (Number(process.env.FUZZ_RUNS) || 1);

describe("UnitTable", () => {
  it("starts with free units that cover the shards", () => {
    const units = [...table(7, 3)];
    expect(units.map(({ from, to }) => [from, to])).to.deep.equal([
      [0, 3],
      [3, 6],
      [6, 7],
    ]);
    expect(new Set(units.map(({ status }) => status))).to.deep.equal(new Set(["free"]));
  });

  it("of four billion units costs nothing until something happens to one", () => {
    const before = process.memoryUsage().heapUsed;
    const hostile = Array.from({ length: 100 }, () => table(2 ** 32 - 1, 1));
    for (const units of hostile) units.update(4_000_000_000, { status: "claimed" });
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan(5e6);
    expect(hostile[0]?.active().map(({ index }) => index)).to.deep.equal([4_000_000_000]);
    expect(hostile[0]?.findFree(4_000_000_000)?.index).to.equal(4_000_000_001);
  });

  it("ends a hopeless search", () => {
    let looks = 0;
    const found = table(2 ** 32 - 1, 1).findFree(5, () => {
      looks++;
      return false;
    });
    expect([found, looks]).to.deep.equal([undefined, 10_000]);
  });

  it("knows no unit outside", () => {
    for (const index of [-1, 3, 1.5, Number.NaN]) expect(() => table(7, 3).get(index)).to.throw(RangeError, /no unit/);
  });

  it("says the same as a plain list, after any changes and their undoing", () => {
    const change = fc.record({
      index: fc.nat(5),
      status: fc.constantFrom("claimed", "committed", "settled", "release" as const),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), fc.nat(5), (changes, start) => {
        const units = table(11, 2);
        const list = [...units];
        const undo: UnitRecord[] = [];
        for (const { index, status } of changes) {
          const before = list[index] as UnitRecord;
          const free = { ...table(11, 2).get(index), attempt: before.attempt + 1 };
          list[index] = status === "release" ? free : { ...before, status };
          undo.push(status === "release" ? units.release(index) : units.update(index, { status }));
        }
        const count = (...wanted: string[]): number => list.filter(({ status }) => wanted.includes(status)).length;
        expect([...units]).to.deep.equal(list);
        expect(units.active()).to.deep.equal(
          list.filter(({ status }) => status === "claimed" || status === "committed"),
        );
        expect([units.freeCount, units.settledCount]).to.deep.equal([count("free"), count("settled")]);
        const round = [...list.slice(start), ...list.slice(0, start)];
        expect(units.findFree(start)).to.deep.equal(round.find(({ status }) => status === "free"));
        undo.reverse().forEach((record) => units.put(record));
        expect([...units]).to.deep.equal([...table(11, 2)]);
        expect([units.freeCount, units.settledCount, units.active().length]).to.deep.equal([6, 0, 0]);
      }),
      { numRuns },
    );
  });
});
