import { expect } from "chai";
import fc from "fast-check";

import { blockAt, type Chain } from "@orion/protocol/chain";

/** A chain of these block times, which counts what is asked of it. */
function chainOf(times: readonly number[]): { chain: Chain; asked: () => number } {
  let asked = 0;
  const getBlock = (number: number): Promise<unknown> => {
    asked++;
    const timestamp = times[number];
    return Promise.resolve(timestamp === undefined ? null : { number, timestamp });
  };
  return { chain: { provider: { getBlock } } as unknown as Chain, asked: () => asked };
}

describe("blockAt", () => {
  it("finds the newest block that is not later, whatever the pace of the blocks", async () => {
    const gap = fc.oneof(fc.constant(0), fc.nat(20), fc.nat(1_000_000));
    await fc.assert(
      fc.asyncProperty(
        fc.array(gap, { minLength: 1, maxLength: 300 }),
        fc.nat(2 ** 30),
        fc.nat(299),
        async (gaps, at, from) => {
          const times = gaps.map(
            (
              (sum) => (next: number) =>
                (sum += next)
            )(1_000),
          );
          const last = times.length - 1;
          const first = Math.min(from, last);
          const seconds = 900 + (at % ((times[last] ?? 0) - 800));
          const { chain, asked } = chainOf(times);
          const found = await blockAt(chain, seconds, first, { number: last, time: times[last] ?? 0 });
          const right = times.findLastIndex((time, number) => number >= first && time <= seconds);
          expect(found).to.equal(right < 0 ? first - 1 : right);
          expect(asked()).to.be.at.most(3 * Math.ceil(Math.log2(last + 2)) + 2);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("takes a handful of calls where blocks come at an even pace", async () => {
    const times = Array.from({ length: 1_000_000 }, (_, number) => 1_700_000_000 + 12 * number);
    for (const number of [1, 77_777, 500_000, 999_998]) {
      const { chain, asked } = chainOf(times);
      const last = { number: times.length - 1, time: times.at(-1) ?? 0 };
      expect(await blockAt(chain, (times[number] ?? 0) + 5, 0, last)).to.equal(number);
      expect(asked()).to.be.at.most(6);
    }
  });
});
