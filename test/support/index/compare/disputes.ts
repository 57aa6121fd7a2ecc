import { expect } from "chai";

import { big, idOf, type Page } from "./page.ts";

const GWEI = 10n ** 9n;
const DISPUTE = "key market open fallen closed holdUntil finder { id } claim { id } cause demandCount answerCount";
const DEMAND = "subject state payer { id } deadline answeredAt prepaid dispute { id }";
const STATES = ["NONE", "OPEN", "ANSWERED", "TIMED_OUT", "RETURNED"] as const;

/** Disputes and their demands equal what the judge calls outcomes and keeps in its slots. */
export async function compareDisputes(page: Page): Promise<void> {
  const { disputes: judge, market } = page.world.contracts;
  const disputes = await page.all("disputes", DISPUTE);
  const demands = [...(await page.all("demands", DEMAND)).values()];
  for (const { key } of page.life.disputes.claims) {
    const outcome = await judge.outcome(market, key, page.at);
    const row = disputes.get(await judge.claimIdOf(market, key));
    if (row === undefined) {
      expect([outcome.open, outcome.fallen, outcome.closed, outcome.holdUntil]).to.deep.equal([0n, false, false, 0n]);
      continue;
    }
    expect(idOf(row, "claim")).to.equal(key);
    const indexed = [row.open, row.fallen, row.closed, row.holdUntil].map(String);
    expect(indexed).to.deep.equal([outcome.open, outcome.fallen, outcome.closed, outcome.holdUntil].map(String));
    if (outcome.fallen) expect(BigInt(idOf(row, "finder") ?? 0)).to.equal(BigInt(outcome.prover));
  }
  for (const row of demands) {
    const dispute = disputes.get(idOf(row, "dispute") ?? "");
    const held = await judge.demandOf(market, String(dispute?.key), String(row.subject), page.at);
    const state = Number(held.bits & 7n);
    expect(row.state).to.equal(STATES[state]);
    expect(BigInt(idOf(row, "payer") ?? 0)).to.equal(BigInt(held.payer));
    expect(big(row, state === 1 || row.answeredAt === null ? "deadline" : "answeredAt")).to.equal(held.time);
    const { answerGwei } = await judge.profile(held.bits >> 6n, page.at);
    expect(big(row, "prepaid")).to.equal((answerGwei * GWEI * held.eighths) / 8n);
  }
  const totals = await page.only("judges", "disputeCount fallenCount demandCount proofCount timeoutCount");
  expect(totals.disputeCount).to.equal(disputes.size);
  expect(totals.demandCount).to.equal(demands.length);
  expect(totals.fallenCount).to.equal([...disputes.values()].filter(({ fallen }) => fallen).length);
}
