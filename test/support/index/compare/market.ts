import { expect } from "chai";
import { toBeHex } from "ethers";

import { unitCount, type Terms } from "@orion/protocol/chain";

import { big, idOf, low, sum, type Page } from "./page.ts";

const TOTALS =
  "escrow tips escrowPosted tipsAdded paidForWork paidTips paidFees keptFees refunded tipsRefunded collateral burned compensated rewarded settledWork settledShards jobCount finishedJobCount cancelledJobCount claimCount settledCount acceptedCount expiredCount forfeitedCount";
const JOB =
  "poster escrow escrowPosted unclaimed unsettled stampedAt published cancelled finished tipPot unitCount paidForWork paidTips paidFees keptFees refunded tipsRefunded burned compensated rewarded";
const UNIT = "state worker { id } attempt deadline committedAt from to claim { id }";
const STATES = ["FREE", "CLAIMED", "COMMITTED", "SETTLED"] as const;

/** Every job and unit, and the market's totals, equal what the market and its token say. */
export async function compareMarket(page: Page): Promise<void> {
  const { world, at } = page;
  const { market, credits, orion } = world.contracts;
  const jobs = await page.all("jobs", JOB);
  const units = await page.all("units", UNIT);
  let posted = 0;
  for (const terms of page.life.jobs.terms) {
    if (await compareJob(page, terms, jobs, units)) posted++;
  }
  const totals = await page.only("markets", TOTALS);
  expect(posted).to.equal(Number(totals.jobCount));
  expect(jobs.size).to.equal(Number(totals.jobCount));
  expect(big(totals, "escrow") + big(totals, "tips")).to.equal(await credits.balanceOf(market, at));
  for (const field of ["escrow", "escrowPosted", "paidForWork", "paidTips", "paidFees", "keptFees", "refunded"]) {
    expect(big(totals, field), field).to.equal(sum(jobs.values(), field));
  }
  for (const field of ["burned", "compensated", "rewarded"]) {
    expect(big(totals, field), field).to.equal(sum(jobs.values(), field));
  }
  await comparePaid(
    page,
    big(totals, "paidForWork") +
      big(totals, "paidTips") +
      big(totals, "paidFees") +
      big(totals, "keptFees") +
      big(totals, "refunded") +
      big(totals, "tipsRefunded"),
  );
  const locked = await Promise.all(
    page.cast.workers.map(async (w) => (await world.contracts.registry.account(w, market, at)).locked),
  );
  expect(big(totals, "collateral")).to.equal(locked.reduce((a, b) => a + b, 0n));
  expect(await orion.totalSupply(at)).to.equal(
    10n ** 27n -
      big(await page.all("tokens", "burned").then((all) => all.get(low(world.network.addresses.orion))), "burned"),
  );
}

async function compareJob(
  page: Page,
  terms: Terms,
  jobs: Awaited<ReturnType<Page["all"]>>,
  units: Awaited<ReturnType<Page["all"]>>,
): Promise<boolean> {
  const { market } = page.world.contracts;
  const id = await market.jobIdOf(terms, page.at);
  const slot = await market.job(id, page.at);
  const row = jobs.get(id);
  expect(row !== undefined, `job ${id}`).to.equal(slot.flags > 0n);
  if (row === undefined) return false;
  const indexed = [row.escrow, row.unclaimed, row.unsettled, row.stampedAt, row.tipPot].map(String);
  const held = [slot.remainingEscrow, slot.unclaimed, slot.unsettled, slot.stampedAt, await market.tipPot(id, page.at)];
  expect(indexed).to.deep.equal(held.map(String));
  expect([row.published, row.cancelled]).to.deep.equal([(slot.flags & 2n) > 0n, (slot.flags & 4n) > 0n]);
  expect(row.finished).to.equal(slot.unsettled === 0n);
  const left =
    big(row, "escrowPosted") -
    big(row, "paidForWork") -
    big(row, "paidFees") -
    big(row, "keptFees") -
    big(row, "refunded");
  expect(big(row, "escrow")).to.equal(left);
  for (let unit = 0; unit < unitCount(terms); unit++) await compareUnit(page, id, unit, units);
  return true;
}

async function compareUnit(
  page: Page,
  job: string,
  index: number,
  units: Awaited<ReturnType<Page["all"]>>,
): Promise<void> {
  const { market } = page.world.contracts;
  const { slot, state } = await market.unit(job, index, page.at);
  const row = units.get(job + toBeHex(index, 4).slice(2));
  if (row === undefined) {
    expect([state, slot.attempt]).to.deep.equal([0n, 0n]);
    return;
  }
  expect(row.state).to.equal(STATES[Number(state)]);
  expect([row.attempt, row.deadline, row.committedAt].map(String)).to.deep.equal(
    [slot.attempt, slot.deadline, slot.committedAt].map(String),
  );
  expect(BigInt(idOf(row, "worker") ?? 0)).to.equal(BigInt(slot.worker));
  if (state === 0n) return;
  expect(idOf(row, "claim")).to.equal(await market.keyOf(job, index, slot.attempt, slot.worker));
}

/** What left the market, by the token's own events. */
async function comparePaid({ world, block }: Page, paid: bigint): Promise<void> {
  const { credits, market } = world.contracts;
  const sent = await credits.queryFilter(credits.filters.Transfer(await market.getAddress()), 0, block);
  expect(paid).to.equal(sent.reduce((total, { args }) => total + args.value, 0n));
}
