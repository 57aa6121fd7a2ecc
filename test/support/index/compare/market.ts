import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import { isMinted, MINTED_WAIT_SECONDS, unitCount, type Terms } from "@orion/protocol/chain";

import { big, each, idOf, low, sum, type Page } from "./page.ts";

const TOTALS =
  "escrow tips escrowPosted tipsAdded paidForWork paidTips paidFees keptFees refunded tipsRefunded collateral burned compensated rewarded reserved settledWork settledShards jobCount finishedJobCount cancelledJobCount claimCount settledCount acceptedCount expiredCount forfeitedCount";
const JOB =
  "poster escrow escrowPosted unclaimed unsettled stampedAt published cancelled finished tipPot unitCount paidForWork paidTips paidFees keptFees refunded tipsRefunded burned compensated rewarded reserved";
const UNIT =
  "state worker { id } attempt deadline committedAt from to claim { id } pendingReserves verdict { factsHash }";
const STATES = ["FREE", "CLAIMED", "COMMITTED", "SETTLED"] as const;

/** Every job and unit, and the market's totals, equal what the market and its token say. */
export async function compareMarket(page: Page): Promise<void> {
  const { world, at } = page;
  const { market, credits, orion } = world.contracts;
  const jobs = await page.all("jobs", JOB);
  const units = await page.all("units", UNIT);
  const mints = await page.all("jobMints", "minted poster position { id } settlesFrom");
  const owed = await page.all("jobOweds", "amount dueAt");
  let posted = 0;
  await each(page.life.jobs.terms, async (terms) => {
    if (await compareJob({ ...page, mints, owed }, terms, jobs, units)) posted++;
  });
  const totals = await page.only("markets", TOTALS);
  expect(posted).to.equal(Number(totals.jobCount));
  expect(jobs.size).to.equal(Number(totals.jobCount));
  expect(big(totals, "escrow") + big(totals, "tips")).to.equal(await credits.balanceOf(market, at));
  for (const field of ["escrow", "escrowPosted", "paidForWork", "paidTips", "paidFees", "keptFees", "refunded"]) {
    expect(big(totals, field), field).to.equal(sum(jobs.values(), field));
  }
  for (const field of ["burned", "compensated", "rewarded", "reserved"]) {
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

/** With what was minted for jobs, and what that left for whom. */
interface MintPage extends Page {
  readonly mints: Awaited<ReturnType<Page["all"]>>;
  readonly owed: Awaited<ReturnType<Page["all"]>>;
}

async function compareJob(
  page: MintPage,
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
  await each(Array(unitCount(terms)).keys(), (unit) => compareUnit(page, id, unit, units));
  await compareMint(page, terms, id);
  return true;
}

/** What was minted for a job, and what it still owes; every account of it that is owed anything has a row. */
async function compareMint(page: MintPage, { poster, keeper, options }: Terms, job: string): Promise<void> {
  const { credits, market } = page.world.contracts;
  const row = page.mints.get(job);
  const { minted, position, poster: minter } = await credits.jobCredits(job, page.at);
  expect(row !== undefined, `mint of ${job}`).to.equal(minted > 0n);
  expect(isMinted({ options })).to.equal(minted > 0n);
  if (row === undefined) return;
  const { postedAt } = await market.job(job, page.at);
  const indexed = [row.minted, BigInt(idOf(row, "position") ?? 0), row.poster, row.settlesFrom].map(String);
  const wait = postedAt + BigInt(MINTED_WAIT_SECONDS) + 1n;
  expect(indexed).to.deep.equal([minted, position, low(minter), wait].map(String));
  for (const account of new Set([poster, keeper])) {
    const { amount, dueAt } = await credits.owed(job, account, page.at);
    const owed = page.owed.get(job + low(account).slice(2));
    expect(big(owed, "amount")).to.equal(amount);
    if (amount > 0n) expect(big(owed, "dueAt")).to.equal(dueAt);
  }
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
  const { reserves } = page.world.contracts;
  const verdict = (row.verdict as { factsHash: string } | null)?.factsHash ?? ZeroHash;
  expect(verdict).to.equal(await reserves.verdictOf(job, index, page.at));
  const undecided = await reserves.undecided(job, index, page.at);
  expect(verdict === ZeroHash ? BigInt(row.pendingReserves as number) : 0n).to.equal(undecided);
  if (state === 0n) return;
  expect(idOf(row, "claim")).to.equal(await market.keyOf(job, index, slot.attempt, slot.worker));
}

/** What left the market, by the token's own events. */
async function comparePaid({ world, block }: Page, paid: bigint): Promise<void> {
  const { credits, market } = world.contracts;
  const sent = await credits.queryFilter(credits.filters.Transfer(await market.getAddress()), 0, block);
  expect(paid).to.equal(sent.reduce((total, { args }) => total + args.value, 0n));
}
