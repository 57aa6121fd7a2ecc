import { expect } from "chai";

import type { Row } from "../graphql.ts";
import { big, each, idOf, sum, type Page } from "./page.ts";

const DISPUTE =
  "key market open near queued fallen closed holdUntil finder { id } claim { id } cause demandCount answerCount";
const DEMAND =
  "subject kind state payer { id } deadline queued answeredAt prepaid returned burned place dispute { id }";
const STATES = ["NONE", "OPEN", "ANSWERED", "TIMED_OUT", "RETURNED"] as const;
const CAUSES = [null, "PROOF", "SILENCE"] as const;
const TRACE = 2n ** 62n;

/** Disputes, demands, traces and queues equal what the judge calls outcomes and keeps in its slots. */
export async function compareDisputes(page: Page): Promise<void> {
  const { disputes: judge, market } = page.world.contracts;
  const disputes = await page.all("disputes", DISPUTE);
  const demands = [...(await page.all("demands", DEMAND)).values()];
  await each(page.life.disputes.claims, async ({ key }) => {
    const outcome = await judge.outcome(market, key, page.at);
    const row = disputes.get(await judge.claimIdOf(market, key));
    if (row === undefined) {
      expect([outcome.open, outcome.fallen, outcome.closed, outcome.holdUntil]).to.deep.equal([0n, 0n, false, 0n]);
      return;
    }
    expect(idOf(row, "claim")).to.equal(key);
    const indexed = [row.open, row.near, row.queued, row.fallen, row.closed, row.holdUntil].map(String);
    const { open, near, queued, fallen, closed, holdUntil } = outcome;
    expect(indexed).to.deep.equal([open, near, queued, fallen > 0n, closed, holdUntil].map(String));
    expect(row.cause).to.equal(CAUSES[Number(fallen)]);
    if (fallen > 0n) expect(BigInt(idOf(row, "finder") ?? 0)).to.equal(BigInt(outcome.prover));
  });
  await each(demands, (row) => compareDemand(page, row, String(disputes.get(idOf(row, "dispute") ?? "")?.key)));
  await compareTraces(page);
  await compareQueues(page);
  const fields =
    "disputeCount fallenCount demandCount proofCount timeoutCount prepaid prepaymentsReturned prepaymentsBurned longestQueue";
  const totals = await page.only("judges", fields);
  expect(totals.disputeCount).to.equal(disputes.size);
  expect(totals.demandCount).to.equal(demands.length);
  expect(totals.fallenCount).to.equal([...disputes.values()].filter(({ fallen }) => fallen).length);
  expect(big(totals, "prepaid")).to.equal(sum(demands, "prepaid"));
  expect(big(totals, "prepaymentsReturned")).to.equal(sum(demands, "returned"));
  expect(big(totals, "prepaymentsBurned")).to.equal(sum(demands, "burned"));
  expect(big(totals, "longestQueue")).to.equal(await judge.LONGEST_QUEUE(page.at));
}

async function compareDemand(page: Page, row: Row, key: string): Promise<void> {
  const { disputes: judge, market } = page.world.contracts;
  const held = await judge.demandOf(market, key, String(row.subject), page.at);
  const state = Number(held.bits & 7n);
  expect(row.state).to.equal(STATES[state]);
  expect(BigInt(idOf(row, "payer") ?? 0)).to.equal(BigInt(held.payer));
  expect(big(row, state === 1 || row.answeredAt === null ? "deadline" : "answeredAt")).to.equal(held.time);
  expect(big(row, "prepaid")).to.equal((held.priced & 0xffffffn) << ((held.priced >> 24n) & 63n));
  expect(row.queued, `${String(row.kind)} of ${key}`).to.equal(held.priced >> 31n === 1n);
  if (state === 4) expect(big(row, "returned") + big(row, "burned")).to.equal(big(row, "prepaid"));
}

/** An answered trace has a record of its own, at its root. */
async function compareTraces(page: Page): Promise<void> {
  const { disputes: judge, market } = page.world.contracts;
  const traces = await page.all("traces", "shardRoot answeredAt demand { place } dispute { key }");
  await each(traces.values(), async (row) => {
    if (typeof row.shardRoot !== "string") return;
    const place = BigInt((row.demand as { place: string }).place) - TRACE;
    const subject = await judge.subjectOf(place, row.shardRoot);
    const record = await judge.demandOf(market, (row.dispute as { key: string }).key, subject, page.at);
    expect(BigInt(record.payer)).to.equal(0n);
    expect(STATES[Number(record.bits & 7n)]).to.equal("ANSWERED");
    expect(big(row, "answeredAt")).to.equal(record.time);
  });
}

/** What waits for each worker, and until when. */
async function compareQueues(page: Page): Promise<void> {
  const { disputes: judge, market } = page.world.contracts;
  for (const row of (await page.all("workers", "queueEnd queued")).values()) {
    const [queueEnd, open] = await judge.queueOf(market, String(row.id), page.at);
    expect(BigInt(row.queued as number)).to.equal(open);
    if (open > 0n) expect(big(row, "queueEnd")).to.equal(queueEnd);
  }
}
