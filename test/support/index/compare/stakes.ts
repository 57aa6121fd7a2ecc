import { expect } from "chai";

import { big, idOf, low, sum, type Page } from "./page.ts";

/** Stakes, balances, votes and credits equal what registry, tokens and credits say. */
export async function compareStakes(page: Page): Promise<void> {
  const { world, at, block } = page;
  const { registry, orion } = world.contracts;
  const totals = await page.only(
    "registries",
    "free locked staked withdrawn slashed burned compensated rewarded reserved",
  );
  const accounts = await page.all("stakeAccounts", "free locked authorised provider { id } market");
  for (const row of accounts.values()) {
    const id = String(row.id);
    const account = await registry.account(id.slice(0, 42), `0x${id.slice(42)}`, at);
    expect([row.free, row.locked].map(String)).to.deep.equal([account.free, account.locked].map(String));
    expect(row.authorised).to.equal(account.authorised);
  }
  expect(big(totals, "free") + big(totals, "locked")).to.equal(await orion.balanceOf(registry, at));
  const providers = await page.all("providers", "free locked slashed staked withdrawn");
  for (const field of ["free", "locked"]) {
    expect(big(totals, field), field).to.equal(sum(providers.values(), field));
    expect(big(totals, field), field).to.equal(sum(accounts.values(), field));
  }
  const slashes = await registry.queryFilter(registry.filters.Slashed(), 0, block);
  const splits = slashes.map(({ args }) => args.split);
  const burned = splits.reduce((total, split) => total + split.burned, 0n);
  expect(big(totals, "burned")).to.equal(burned);
  expect(big(totals, "slashed")).to.equal(splits.reduce((t, s) => t + s.toPoster + s.toFinder + s.toReserve, burned));
  expect(big(totals, "reserved")).to.equal(splits.reduce((t, s) => t + s.toReserve, 0n));
  await compareWorkers(page);
  expect(big(await page.only("markets", "burned"), "burned")).to.equal(burned);
  await compareBalances(page);
  await compareVotes(page);
  await compareCredits(page);
}

/** Operator keys and providers' own addresses equal what the registry keeps of them, and add up to their providers. */
async function compareWorkers(page: Page): Promise<void> {
  const { registry, market } = page.world.contracts;
  const earned = ["earnedPay", "earnedTips", "earnedFees", "settledWork"];
  const counts = ["claimCount", "settledCount", "expiredCount", "forfeitedCount"];
  const fields = `provider { id } isKey revoked maxLocked locked unsettled ${[...earned, ...counts].join(" ")}`;
  const workers = [...(await page.all("workers", fields)).values()];
  for (const row of workers) {
    const id = String(row.id);
    const provider = await registry.providerOf(id, page.at);
    expect(idOf(row, "provider")).to.equal(low(provider));
    const key = await registry.operatorKey(id, page.at);
    const own = await registry.account(id, market, page.at);
    expect(BigInt(row.unsettled as number)).to.equal(own.unsettled);
    if (row.isKey !== true) continue;
    expect([big(row, "maxLocked"), row.revoked]).to.deep.equal([key.maxLocked, key.revoked]);
  }
  for (const provider of (await page.all("providers", [...earned, ...counts].join(" "))).values()) {
    const its = workers.filter((row) => idOf(row, "provider") === provider.id);
    for (const field of [...earned, ...counts]) expect(sum(its, field), field).to.equal(big(provider, field));
  }
}

async function compareBalances(page: Page): Promise<void> {
  const { orion, credits } = page.world.contracts;
  const tokens = await page.all("tokens", "supply minted burned");
  for (const token of [orion, credits]) {
    const supply = await token.totalSupply(page.at);
    expect(big(tokens.get(low(await token.getAddress())), "supply")).to.equal(supply);
  }
  const orionAt = low(await orion.getAddress());
  for (const row of (await page.all("tokenBalances", "amount account token { id }")).values()) {
    const token = String(row.id).startsWith(orionAt) ? orion : credits;
    expect(big(row, "amount")).to.equal(await token.balanceOf(String(row.account), page.at));
  }
}

async function compareVotes(page: Page): Promise<void> {
  const { orion, registry, credits } = page.world.contracts;
  const voters = await page.all("voters", "votes staked locked delegate");
  for (const row of voters.values()) {
    expect(big(row, "votes")).to.equal(await orion.getVotes(String(row.id), page.at));
    expect(big(row, "staked")).to.equal(await registry.getVotes(String(row.id), page.at));
    expect(big(row, "locked")).to.equal(await credits.getVotes(String(row.id), page.at));
    expect(BigInt((row.delegate ?? 0) as string)).to.equal(BigInt(await orion.delegates(String(row.id), page.at)));
  }
}

async function compareCredits(page: Page): Promise<void> {
  const { credits, orion } = page.world.contracts;
  const totals = await page.only(
    "creditSystems",
    "debt locked minted redeemed delivered positionCount openPositionCount paused",
  );
  const positions = await page.all("creditPositions", "number owner debt lock end");
  expect(big(totals, "debt")).to.equal(await credits.totalSupply(page.at));
  expect(big(totals, "debt")).to.equal(big(totals, "minted") - big(totals, "redeemed") - big(totals, "delivered"));
  expect(big(totals, "locked")).to.equal(await credits.totalLocked(page.at));
  expect(big(totals, "locked")).to.equal(await orion.balanceOf(credits, page.at));
  expect(BigInt(positions.size)).to.equal(await credits.positions(page.at));
  expect([...positions.values()].filter((row) => big(row, "debt") > 0n).length).to.equal(totals.openPositionCount);
  for (const row of positions.values()) {
    const { owner, debt, lock, end } = await credits.position(big(row, "number"), page.at);
    const indexed = [row.owner, row.debt, row.lock, row.end].map(String);
    expect(indexed).to.deep.equal([low(owner), debt, lock, end].map(String));
  }
  expect(totals.paused).to.equal(await credits.paused(page.at));
}
