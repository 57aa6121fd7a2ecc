import { expect } from "chai";
import fc from "fast-check";

import { decimalOf, inWholeTokens, partOf } from "@orion/protocol/exchange";

const RUNS = 300 * Number(process.env.FUZZ_RUNS ?? "1");

describe("a fraction as a decimal number", () => {
  const cases: readonly (readonly [numerator: bigint, denominator: bigint, text: string])[] = [
    [0n, 7n, "0"],
    [1n, 1n, "1"],
    [1n, 3n, "0.333333"],
    [2n, 3n, "0.666667"],
    [1n, 2n, "0.5"],
    [123_456_789n, 1n, "123456789"],
    [123_456_789n, 1_000n, "123457"],
    [1_234_565n, 1_000_000n, "1.23457"],
    [1n, 10n ** 12n, "0.000000000001"],
    [99_999_999n, 10n ** 8n, "1"],
    [1n, 10n, "0.1"],
    [9n, 100n, "0.09"],
  ];
  for (const [numerator, denominator, text] of cases) {
    it(`${numerator}/${denominator} is ${text}`, () => expect(decimalOf({ numerator, denominator })).to.equal(text));
  }

  it("keeps as many significant digits as asked for, and all of the whole part", () => {
    expect(decimalOf({ numerator: 2n, denominator: 3n }, 18)).to.equal("0.666666666666666667");
    expect(decimalOf({ numerator: 20_000n, denominator: 3n }, 2)).to.equal("6667");
  });

  it("is off by less than one part in a hundred thousand", () => {
    const part = fc.bigInt({ min: 1n, max: 2n ** 200n });
    const property = fc.property(part, part, (numerator, denominator) => {
      const [whole = "", fraction = ""] = decimalOf({ numerator, denominator }).split(".");
      const [shown, scale] = [BigInt(whole + fraction), 10n ** BigInt(fraction.length)];
      const difference = shown * denominator - numerator * scale;
      const size = difference < 0n ? -difference : difference;
      expect(size * 100_000n <= numerator * scale).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("turns a price of base units into one of whole tokens", () => {
    // One CU (10^12) costs 2 ORION (10^18): 2,000,000 wei per base unit.
    const price = { numerator: 2_000_000n, denominator: 1n };
    expect(decimalOf(inWholeTokens(price, 12, 18))).to.equal("2");
    expect(partOf(3n, { numerator: 1n, denominator: 2n })).to.equal(1n);
  });
});
