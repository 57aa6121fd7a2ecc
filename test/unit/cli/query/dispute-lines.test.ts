import { expect } from "chai";

import { disputeLines } from "../../../../cli/query/disputes.ts";
import { reserveLines } from "../../../../cli/query/reserves.ts";
import type { DisputesQuery, ReservesQuery } from "@orion/protocol/query";

type IndexedDispute = DisputesQuery["disputes"][number];
type IndexedReserve = ReservesQuery["reserves"][number];

const ORION = 10n ** 18n;
const ID = `0x${"ab".repeat(32)}`;
const WORKER = `0x${"01".repeat(20)}`;

describe("what orion query prints of disputes and reserves", () => {
  it("says how each dispute ended", () => {
    const dispute: IndexedDispute = {
      ...{ id: ID, key: ID, since: "0", open: 0, fallen: false, closed: false, holdUntil: null, cause: null },
      ...{ fallenAt: null, demandCount: 2, answerCount: 1, finder: null, claim: null, proofs: [] },
      ...{ kind: "WALK", near: 0, queued: 0, waiting: [], traces: [] },
    };
    const claim: IndexedDispute["claim"] = {
      ...{ id: ID, shards: "2", collateral: "0", state: "FORFEITED", job: { id: ID }, unit: { index: "0" } },
      ...{ worker: { id: WORKER, queueEnd: "0", queued: 0 }, provider: { id: WORKER } },
      reserve: { state: "PENDING", amount: "5", compensation: "1" },
    };
    const next: IndexedDispute["waiting"][number] = {
      ...{ kind: "TRACE_CHUNK", shard: "3", queued: true, deadline: "60", prepaid: "1", payer: { id: WORKER } },
    };
    const proof: IndexedDispute["proofs"][number] = {
      kind: "STEP",
      shard: "2",
      node: "3",
      position: "17",
      claimed: "5",
      actual: "-5",
      prover: { id: WORKER },
      transaction: ID,
    };
    const lines = disputeLines([
      { ...dispute, fallen: true, cause: "PROOF", proofs: [proof] },
      { ...dispute, fallen: true, cause: "SILENCE" },
      { ...dispute, fallen: true, cause: "SILENCE", claim },
      { ...dispute, open: 1 },
      { ...dispute, open: 2, waiting: [next] },
      { ...dispute, open: 1, waiting: [{ ...next, kind: "OUTPUT_HASHES", shard: null, queued: false }] },
      { ...dispute, closed: true },
      dispute,
    ]);
    const verdicts = [
      "proved wrong: shard 2, node 3, position 17, claimed 5, true -5",
      "silence",
      "silence, reserve pending",
      "1 open",
      "2 open, next trace chunk of shard 3 due 1970-01-01T00:01:00Z by the queue",
      "1 open, next output hashes due 1970-01-01T00:01:00Z",
      "withstood",
      "answered",
    ];
    expect(lines.slice(1).map((line) => line.replace(/.* 1\/2 +/, ""))).to.deep.equal(verdicts);
    expect(lines[1]).to.match(/ walk +1\/2 /);
    expect(disputeLines([])).to.deep.equal(["no disputes"]);
  });

  it("says what became of each reserve", () => {
    const reserve: IndexedReserve = {
      ...{ id: ID, state: "PENDING", fellAt: "0", endedAt: null, amount: "5", compensation: "1", poster: WORKER },
      ...{ toFinder: "0", toPoster: "0", toProvider: "0", burned: "0", claim: { outputsRoot: ID } },
      ...{ worker: { id: WORKER }, provider: { id: WORKER }, finder: { id: WORKER } },
      ...{ job: { id: ID, cancelled: false }, unit: { index: "7", state: "FREE", verdict: null } },
    };
    const verdict = (outputsRoot: string): IndexedReserve => ({
      ...reserve,
      unit: { ...reserve.unit, state: "SETTLED", verdict: { timestamp: "0", claim: { id: ID, outputsRoot } } },
    });
    const half = String(ORION / 2n);
    const lines = reserveLines([
      reserve,
      verdict(ID),
      verdict(`0x${"cd".repeat(32)}`),
      { ...reserve, job: { ...reserve.job, cancelled: true } },
      { ...reserve, state: "REFUTED", toFinder: half, toPoster: `${ORION}` },
      { ...reserve, state: "BURNED", toPoster: half, burned: half },
    ]);
    expect(lines.slice(1).map((line) => line.replace(/.* 6 aORION +/, ""))).to.deep.equal([
      "none yet",
      "upheld, to be paid",
      "refuted, to be paid",
      "none, to be released",
      "refuted: 0.5 ORION to the finder, 1 ORION to the poster",
      "burned: 0.5 ORION to the poster, 0.5 ORION burned",
    ]);
    expect(reserveLines([])).to.deep.equal(["no reserves"]);
  });
});
