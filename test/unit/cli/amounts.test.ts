import { expect } from "chai";
import { InvalidArgumentError } from "commander";
import fc from "fast-check";

import { CREDIT } from "@orion/protocol/common";

import {
  CU,
  formatAmount,
  formatPercent,
  formatRounded,
  ORION,
  parseAmount,
  parsePositiveAmount,
  type Unit,
} from "../../../cli/core/amounts.ts";

const RUNS = 200 * Number(process.env.FUZZ_RUNS ?? "1");

describe("amounts on the command line", () => {
  it("are decimal numbers of whole tokens", () => {
    expect(parseAmount("1000", ORION)).to.equal(1_000n * 10n ** 18n);
    expect(parseAmount("0.25", CU)).to.equal(CREDIT / 4n);
    expect(parseAmount("0", CU)).to.equal(0n);
    expect(parseAmount("0.000000000000000001", CU)).to.equal(1n);
  });

  it("may have a prefix and a symbol", () => {
    expect(parseAmount("12.5nCU", CU)).to.equal(12_500_000_000n);
    for (const text of ["3µCU", "3 µCU", "3uCU", "3μ", "3u", "0.000003 CU", "0.000003"]) {
      expect(parseAmount(text, CU), text).to.equal(3n * 10n ** 12n);
    }
    expect(["7a", "7 fCU", "7pCU"].map((text) => parseAmount(text, CU))).to.deep.equal([7n, 7_000n, 7_000_000n]);
    expect(() => parseAmount("1.5a", CU)).to.throw(InvalidArgumentError, "18 decimals");
    for (const text of ["5nORION", "5 m", "5k", "5nn", "5  n", "5CUn", "n", "nCU"]) {
      expect(() => parseAmount(text, CU), text).to.throw(InvalidArgumentError, "5nCU");
    }
  });

  for (const text of ["", "-1", "+1", "1e18", "0x10", "1,000", ".5", "5.", " 1", "1 ", "NaN", "Infinity", "1.2.3"]) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      expect(() => parseAmount(text, ORION)).to.throw(InvalidArgumentError);
    });
  }

  it("refuse more decimals than the token has, and more than can exist", () => {
    expect(() => parseAmount("0.0000000000000000001", CU)).to.throw(InvalidArgumentError, "18 decimals");
    expect(() => parseAmount("9".repeat(40), CU)).to.throw(InvalidArgumentError, "can exist");
  });

  it("refuse nothing where something is meant", () => {
    expect(() => parsePositiveAmount("0", CU)).to.throw(InvalidArgumentError, "more than 0 CU");
  });

  it("print with their unit, grouped, exactly", () => {
    expect(formatAmount(1_234_500n * 10n ** 18n, ORION)).to.equal("1,234,500 ORION");
    expect(formatAmount(1n, CU)).to.equal("1 aCU");
    expect(formatAmount(0n, CU)).to.equal("0 CU");
  });

  it("print rounded for comparison, and say so", () => {
    expect(formatRounded(1_234_567_891n * 10n ** 9n, ORION)).to.equal("≈ 1.234568 ORION");
    expect(formatRounded(25n * 10n ** 17n, ORION)).to.equal("2.5 ORION");
    expect(formatRounded(1n, ORION)).to.equal("1 aORION");
    expect(formatRounded(15n, { symbol: "USD", decimals: 1 })).to.equal("1.5 USD");
  });

  it("print small ones with a prefix, four significant digits where they are rounded, and never a row of zeros", () => {
    expect(formatAmount(10n ** 15n, CU)).to.equal("0.001 CU");
    expect(formatAmount(10n ** 15n - 1n, CU)).to.equal("999.999999999999 µCU");
    expect(formatAmount(327_680_001n, CU)).to.equal("327.680001 pCU");
    expect(formatRounded(327_680_001n, CU)).to.equal("≈ 327.7 pCU");
    expect(formatRounded(3_276_800_000n, CU)).to.equal("≈ 3.277 nCU");
    expect(formatRounded(999_960_000n, CU)).to.equal("≈ 1 nCU");
    expect(formatRounded(12n, { symbol: "ORION per CU", decimals: 18 })).to.equal("12 aORION per CU");
    expect(formatAmount(5n, { symbol: "USD", decimals: 8 })).to.equal("50 nUSD");
    expect(formatAmount(5n, { symbol: "for gas", decimals: 8 })).to.equal("0.00000005 for gas");
  });

  it("print parts in per cent", () => {
    expect(formatPercent(1n, 3n)).to.equal("33.33%");
    expect(formatPercent(-1n, 3n)).to.equal("-33.33%");
    expect(formatPercent(0n, 0n)).to.equal("0.00%");
  });

  it("read back what they print", () => {
    const units = fc.constantFrom<Unit>(CU, ORION);
    const property = fc.property(units, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (unit, amount) => {
      const text = formatAmount(amount, unit).replaceAll(",", "");
      expect(parseAmount(text, unit)).to.equal(amount);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
