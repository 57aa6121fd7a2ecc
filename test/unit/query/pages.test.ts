import { expect } from "chai";
import fc from "fast-check";

import { newestFirst, PAGE, skippedPages } from "@orion/protocol/query";

const RUNS = Number(process.env.FUZZ_RUNS ?? "1") * 50;
const idOf = (n: number): string => `0x${n.toString(16).padStart(24, "0")}`;

describe("pages of an index", () => {
  it("give the newest events down to the limit, each once, in parts of a thousand at most", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3_500 }), fc.integer({ min: 1, max: 4_000 }), async (held, limit) => {
        const events = Array.from({ length: held }, (_, n) => ({ id: idOf(n) })).toReversed();
        const found = await newestFirst(limit, async (first, before) => {
          expect(first).to.be.within(1, PAGE);
          return Promise.resolve(events.filter(({ id }) => id < before).slice(0, first));
        });
        expect(found).to.deep.equal(events.slice(0, limit));
      }),
      { numRuns: RUNS },
    );
  });

  it("count on from what came before, where an order has no cursor", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3_500 }), fc.integer({ min: 1, max: 4_000 }), async (held, limit) => {
        const rows = Array.from({ length: held }, (_, n) => n);
        const found = await skippedPages(limit, async (first, skip) => {
          expect(first).to.be.within(1, PAGE);
          return Promise.resolve(rows.slice(skip, skip + first));
        });
        expect(found).to.deep.equal(rows.slice(0, limit));
      }),
      { numRuns: RUNS },
    );
  });

  it("pass over no more than an index counts", async () => {
    const skips: number[] = [];
    const found = await skippedPages(20_000, async (first, skip) => {
      skips.push(skip);
      return Promise.resolve(Array.from({ length: first }, (_, n) => skip + n));
    });
    expect(Math.max(...skips)).to.equal(5_000);
    expect(found).to.have.length(6_000);
  });
});
