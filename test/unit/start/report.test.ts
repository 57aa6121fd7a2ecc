import { expect } from "chai";

import { InvalidInputError } from "@orion/protocol/common";

import { disputeJson, disputeLines, type DisputeReport } from "../../../scripts/start/disputes.ts";
import { gasReport, type JobTransaction } from "../../../scripts/start/gas.ts";
import { parseStartOptions } from "../../../scripts/start/options.ts";
import { BrokenPromiseError, requireCaught } from "../../../scripts/start/verdict.ts";
import { Stopwatch } from "../../../scripts/start/stopwatch.ts";

const sent = (kind: JobTransaction["kind"], gas: number, succeeded = true): JobTransaction => ({
  kind,
  gas,
  succeeded,
  hash: "0x",
});

describe("the figures of npm start", () => {
  it("name the largest transaction of each kind and divide all gas by the shards", () => {
    const report = gasReport([sent("post", 100), sent("claim", 70), sent("claim", 80), sent("claim", 90, false)], 3);
    expect(report.largest).to.include({ post: 100, claim: 80, settle: 0 });
    expect(report.count).to.include({ post: 1, claim: 3, commit: 0 });
    expect(report).to.include({ total: 340, perShard: 114, refused: 1 });
  });

  it("measure each phase from its begin to the next one's", () => {
    const watch = new Stopwatch();
    watch.begin("compile");
    watch.begin("post");
    watch.end();
    expect(Object.keys(watch.report())).to.deep.equal(["compile", "post", "total"]);
  });

  it("tell a dispute to people and to machines", () => {
    const figures = {
      ...({ kind: "walk", moves: 5, transactions: 6, gas: 811_063, seconds: 3 } as const),
      ...{ node: 14, element: 77, claimed: 26, actual: -25, slashed: 10n ** 18n, reward: 35n * 10n ** 16n },
    };
    const report: DisputeReport = { ...figures, cheat: "falsifier", unit: 3, finder: "0x" };
    const lines = disputeLines(report).join("\n");
    for (const words of [
      "falsifier (unit 3)",
      "node 14, element 77: claimed 26, true -25",
      "811,063 gas",
      "0.35 ORION",
    ]) {
      expect(lines).to.include(words);
    }
    expect(disputeJson(report)).to.deep.equal(figures);
    const silence: DisputeReport = {
      ...report,
      kind: "silence",
      node: null,
      element: null,
      claimed: null,
      actual: null,
    };
    expect(disputeLines(silence).join("\n")).to.include("no answer in time").and.not.include("null");
  });
});

describe("the verdict of npm start", () => {
  const common = { unit: 0, moves: 1, transactions: 1, gas: 1, seconds: 1, finder: "V", slashed: 10n, reward: 3n };
  const proof = { node: 1, element: 2, claimed: 3, actual: 4 };
  const silence = { node: null, element: null, claimed: null, actual: null };
  const caught: DisputeReport[] = [
    { ...common, ...proof, cheat: "falsifier", kind: "walk" },
    { ...common, ...silence, cheat: "withholder", kind: "silence" },
  ];
  const cheats = { falsifier: { address: "F" }, withholder: { address: "W" } };
  const verdict =
    (changed: Partial<DisputeReport>, paid = "A") =>
    (): void =>
      requireCaught(
        caught.map((report, i) => (i === 1 ? { ...report, ...changed } : report)),
        [{ account: "someone", address: paid, role: "worker", shards: 1, amount: 1n }],
        cheats,
        "V",
      );

  it("accepts cheats that were caught as they deserve", () => {
    expect(verdict({})).not.to.throw();
  });

  it("names the cheat that was not caught, was caught by somebody else, lost nothing or was paid", () => {
    const broken: [() => void, string][] = [
      [() => requireCaught(caught.slice(1), [], cheats, "V"), "the falsifier was not caught by a walk"],
      [verdict({ kind: "walk" }), "the withholder was not caught by a silence"],
      [verdict({ finder: "X" }), "the validator did not catch the withholder"],
      [verdict({ slashed: 0n }), "the withholder lost nothing"],
      [verdict({ reward: 0n }), "the withholder lost nothing"],
      [verdict({}, "F"), "the falsifier was paid"],
    ];
    for (const [check, words] of broken) expect(check).to.throw(BrokenPromiseError, words);
  });
});

describe("the options of npm start", () => {
  it("are --keep, --summary FILE and --help", () => {
    expect(parseStartOptions([])).to.deep.equal({ keep: false, help: false, summary: undefined });
    expect(parseStartOptions(["--keep", "--summary", "x.json"])).to.deep.equal({
      keep: true,
      help: false,
      summary: "x.json",
    });
  });

  it("are refused when they are anything else", () => {
    for (const args of [["--kepe"], ["extra"], ["--summary"]]) {
      expect(() => parseStartOptions(args)).to.throw(InvalidInputError);
    }
  });
});
