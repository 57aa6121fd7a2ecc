import { expect } from "chai";

import { InvalidInputError } from "@orion/protocol/common";

import { gasReport, type JobTransaction } from "../../../scripts/start/gas.ts";
import { parseStartOptions } from "../../../scripts/start/options.ts";
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
