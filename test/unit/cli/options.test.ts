import { expect } from "chai";
import { InvalidArgumentError } from "commander";

import {
  parseAddress,
  parseBytes32,
  parseDuration,
  parseEscrow,
  parseFee,
  parseHolder,
  parseOrion,
  parseUrl,
  wholeNumber,
} from "../../../cli/core/options.ts";
import { parseBytes } from "../../../cli/core/sizes.ts";
import { parseJobId } from "../../../cli/job/find-job.ts";
import { parseUnits } from "../../../cli/job/unit-list.ts";

interface Case {
  readonly parse: (text: string) => unknown;
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly bad: readonly string[];
}

const ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const ROOT = `0x${"aB".repeat(32)}`;

const CASES: Readonly<Record<string, Case>> = {
  "an address": {
    parse: parseAddress,
    good: [[ADDRESS.toLowerCase(), ADDRESS]],
    bad: ["", "0x1", `${ADDRESS}00`, ADDRESS.replace("C5", "c5"), "engineer.eth"],
  },
  "an account that receives something": {
    parse: parseHolder,
    good: [[ADDRESS.toLowerCase(), ADDRESS]],
    bad: ["", "0x1", `0x${"0".repeat(40)}`],
  },
  "a price, which is 96 bits wide": {
    parse: parseEscrow,
    good: [
      ["0.5", 5n * 10n ** 17n],
      ["79228162514.264337593543950335", 2n ** 96n - 1n],
    ],
    bad: ["0", "79228162514.264337593543950336", "999999999999"],
  },
  "a fee, which may be nothing": { parse: parseFee, good: [["0", 0n]], bad: ["-1", "79228162515"] },
  "an amount of ORION": {
    parse: parseOrion,
    good: [["1000000000", 10n ** 27n]],
    bad: ["0", "1000000000.000000000000000001"],
  },
  "32 bytes": { parse: parseBytes32, good: [[ROOT, ROOT.toLowerCase()]], bad: ["", ROOT.slice(2), `${ROOT}0`, "0xzz"] },
  "a job id": {
    parse: parseJobId,
    good: [
      [ROOT, ROOT.toLowerCase()],
      ["0xABCDEF", "0xabcdef"],
    ],
    bad: ["0xabc", "abcdef", `${ROOT}0`],
  },
  "a URL": {
    parse: parseUrl,
    good: [["http://127.0.0.1:8545", "http://127.0.0.1:8545"]],
    bad: ["127.0.0.1:8545", "ftp://a", "file:///etc/passwd", "javascript:alert(1)", ""],
  },
  "a whole number from 1 to 10": {
    parse: wholeNumber(1, 10),
    good: [
      ["1", 1],
      ["10", 10],
    ],
    bad: ["0", "11", "1.5", "-1", "1e1", "", "ten"],
  },
  "a duration": {
    parse: parseDuration,
    good: [
      ["90s", 90],
      ["30m", 1_800],
      ["7d", 604_800],
      ["36500d", 3_153_600_000],
    ],
    bad: ["36501d", "999999999d", "0s", "7", "7w", "-1d", "1.5h", ""],
  },
  "a size": {
    parse: parseBytes,
    good: [
      ["1024", 1024n],
      ["4GiB", 4n * 2n ** 30n],
    ],
    bad: ["0", "4GB", "-1", "1.5GiB", ""],
  },
  "a list of units": {
    parse: parseUnits,
    good: [["0,2,5-7,6", [0, 2, 5, 6, 7]]],
    bad: ["", "1,,2", "7-5", "a", "0-99999999", "-1"],
  },
};

describe("options", () => {
  for (const [what, { parse, good, bad }] of Object.entries(CASES)) {
    for (const [text, value] of good) it(`read ${what}: ${text}`, () => expect(parse(text)).to.deep.equal(value));
    for (const text of bad) {
      it(`refuse as ${what}: ${JSON.stringify(text)}`, () => expect(() => parse(text)).to.throw(InvalidArgumentError));
    }
  }
});
