import { expect } from "chai";

import { mintedFacts } from "../../../cli/job/minted.ts";
import type { JobSummary } from "../../../cli/job/summary.ts";
import { progressLine } from "../../../cli/job/watch.ts";

const SETTLES_FROM = 1_800_000_000;

describe("what is said of a job with minted escrow", () => {
  const summary = (more: Partial<JobSummary> = {}): JobSummary => ({
    ...{ jobId: "0x01", poster: "0x02", state: "open", minted: true, shards: 4, free: 1, claimed: 1, committed: 2 },
    ...{ settled: 0, manifests: 1, results: 0, escrow: 4n, paid: 0n, refunded: 0n, penalties: 0, ...more },
  });

  it("while it is watched, is from when on it pays, until it does or is cancelled", () => {
    const line = "0/4 settled, 2 in their window, 1 computing, 1 free";
    expect(progressLine(summary(), SETTLES_FROM)).to.equal(
      `${line}, pays from 2027-01-15 08:00:00 UTC (chain time) on`,
    );
    expect(progressLine(summary({ minted: false }))).to.equal(line);
    expect(progressLine(summary({ state: "cancelled" }), SETTLES_FROM)).to.equal(line);
    expect(progressLine(summary({ settled: 2, committed: 0 }), SETTLES_FROM)).to.match(/, 1 free$/);
  });

  it("in its status, is that it pays 24 hours after its post", () => {
    const facts = mintedFacts({ position: 7n, settlesFrom: SETTLES_FROM, owed: [] });
    expect(facts.slice(1)).to.deep.equal([
      ["pays", "from 2027-01-15 08:00:00 UTC (chain time) on, 24 hours after its post"],
    ]);
  });
});
