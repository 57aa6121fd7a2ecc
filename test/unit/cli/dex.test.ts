import { InvalidArgumentError } from "commander";
import { expect } from "chai";
import fc from "fast-check";

import { CREDIT } from "@orion/protocol/common";

import { CU, ORION } from "../../../cli/core/amounts.ts";
import { formatCostPart, formatDollars, formatPrice, formatShort, priceJson } from "../../../cli/dex/figures.ts";
import { formatFee, parseDecimal, parseFee, parsePart, parseShares, parseSlippage } from "../../../cli/dex/options.ts";
import { formatPoolId, parsePoolName } from "../../../cli/dex/pool-name.ts";
import { chosenShares } from "../../../cli/dex/shares.ts";
import { leastOf, mostOf } from "../../../cli/dex/slippage.ts";
import { parseTokenName } from "../../../cli/dex/tokens.ts";

const RUNS = 200 * Number(process.env.FUZZ_RUNS ?? "1");
const ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

describe("words of orion dex", () => {
  it("are read: percentages, fee tiers, parts, amounts, shares", () => {
    expect(["0.5%", "0.5", "1", "50", "0", "0.05%"].map(parseSlippage)).to.deep.equal([50, 50, 100, 5_000, 0, 5]);
    expect(["0.01%", "0.05", "0.3%", "0.30", "1"].map(parseFee)).to.deep.equal([1, 5, 30, 30, 100]);
    expect([1, 5, 30, 100].map(formatFee)).to.deep.equal(["0.01%", "0.05%", "0.3%", "1%"]);
    expect(["100%", "0.01", "50"].map(parsePart)).to.deep.equal([10_000, 1, 5_000]);
    expect(parseShares("1000")).to.equal(1_000n);
    expect(parseDecimal("0.25")).to.equal("0.25");
  });

  const refused: readonly (readonly [parse: (text: string) => unknown, texts: readonly string[]])[] = [
    [parseSlippage, ["", "51", "50.01", "-1", "0.001", "1e1", "half", "%", "0,5", "1%%"]],
    [parseFee, ["", "0.2", "0", "30", "0.3%%", "0.333"]],
    [parsePart, ["0", "0%", "100.01", "101", "-5", "all"]],
    [parseShares, ["0", "-1", "1.5", "", "1e3", "0x10", "9".repeat(35)]],
    [parseDecimal, ["", "-1", "1e3", ".5", "5.", "1,000", "9".repeat(41), "Infinity", " 1"]],
    [parseTokenName, ["", "USDC", "ORION ", "0x12", `${ADDRESS}00`, ADDRESS.replace("0x7099", "0x709A")]],
    [parsePoolName, ["", "CU", "CU/", "/CU", "CU/CU", "cu/CU", "CU/ORION/CU", "CU/USDC", "0x12", ADDRESS, "12345678"]],
  ];
  for (const [parse, texts] of refused) {
    for (const text of texts) {
      it(`${parse.name} refuses ${JSON.stringify(text)}`, () => {
        expect(() => parse(text)).to.throw(InvalidArgumentError);
      });
    }
  }

  it("name tokens and pools", () => {
    expect(["orion", "Cu", ADDRESS.toLowerCase()].map(parseTokenName)).to.deep.equal(["ORION", "CU", ADDRESS]);
    expect(parsePoolName(`cu/${ADDRESS}`)).to.deep.equal({ tokens: ["CU", ADDRESS] });
    expect(parsePoolName("0xABCDEF")).to.deep.equal({ id: "0xabcdef" });
    expect(formatPoolId(255n)).to.equal(`0x${"0".repeat(62)}ff`);
  });
});

describe("figures of orion dex", () => {
  it("give prices in whole tokens", () => {
    // 2 ORION for one CU: 2·10^18 wei for 10^18 base units.
    const price = { numerator: 2n * 10n ** 18n, denominator: CREDIT };
    expect(formatPrice(price, CU, ORION)).to.equal("2 ORION");
    expect(priceJson({ numerator: 1n, denominator: 3n }, ORION, ORION)).to.equal("0.333333333333333333");
    expect(formatPrice(undefined, CU, ORION)).to.equal("–");
    expect(priceJson(undefined, CU, ORION)).to.equal(null);
  });

  it("give amounts and dollars to the digits that matter", () => {
    expect(formatShort(1_234_567_891n * 10n ** 18n, ORION)).to.equal("1,234,567,891 ORION");
    expect(formatShort(1n, CU)).to.equal("1 aCU");
    expect(formatDollars(1_234_567n * 10n ** 15n)).to.equal("$1,234.57");
    expect(formatDollars(10n ** 18n / 2n)).to.equal("$0.50");
    expect(formatDollars(10n ** 13n)).to.equal("10 µUSD");
    expect(formatDollars(0n)).to.equal("$0.00");
  });

  it("never make a cost look smaller than it is", () => {
    expect(formatCostPart(0n)).to.equal("0.00%");
    expect(formatCostPart(1n)).to.equal("0.01%");
    expect(formatCostPart(12_970n)).to.equal("1.30%");
  });
});

describe("limits of orion dex", () => {
  it("are never worse than the slippage that was agreed to", () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 102n });
    const property = fc.property(amount, fc.integer({ min: 0, max: 5_000 }), (expected, slippage) => {
      const [least, most] = [leastOf(expected, slippage), mostOf(expected, slippage)];
      expect(least <= expected && most >= expected).to.equal(true);
      expect(least * 10_000n >= expected * BigInt(10_000 - slippage)).to.equal(true);
      expect(most * 10_000n <= expected * BigInt(10_000 + slippage)).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
    expect([leastOf(7n, 0), mostOf(7n, 0)]).to.deep.equal([7n, 7n]);
  });

  it("keep to the shares that are there", () => {
    expect(chosenShares({}, 10n, "here", "")).to.equal(10n);
    expect(chosenShares({ part: 2_500 }, 10n, "here", "")).to.equal(2n);
    expect(chosenShares({ shares: 10n }, 10n, "here", "")).to.equal(10n);
    expect(() => chosenShares({ shares: 11n }, 10n, "here", "")).to.throw("only 10 shares here, not 11");
    expect(() => chosenShares({}, 0n, "here", "")).to.throw("no shares here");
    expect(() => chosenShares({ part: 1 }, 10n, "here", "")).to.throw("less than one share");
  });
});
