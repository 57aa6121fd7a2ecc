import { expect } from "chai";

import { big, each, idOf, low, sum, type Page } from "./page.ts";

const RESERVE =
  "state amount compensation poster fellAt toFinder toPoster toProvider burned worker { id } provider { id } finder { id }";

/** Every reserve that waits equals what its contract keeps, the others are gone there; totals add up to what it holds. */
export async function compareReserves(page: Page): Promise<void> {
  const { reserves: contract, orion } = page.world.contracts;
  const rows = [...(await page.all("reserves", RESERVE)).values()];
  await each(rows, async (row) => {
    const kept = await contract.reserveOf(String(row.id), page.at);
    if (row.state !== "PENDING") {
      expect(kept.amount).to.equal(0n);
      const paid = ["toFinder", "toPoster", "toProvider", "burned"].reduce((all, to) => all + big(row, to), 0n);
      expect(paid).to.equal(big(row, "amount") + big(row, "compensation"));
      return;
    }
    const indexed = [row.amount, row.compensation, row.fellAt, row.poster].map(String);
    expect(indexed).to.deep.equal([kept.amount, kept.compensation, kept.fellAt, low(kept.poster)].map(String));
    const parties = ["worker", "provider", "finder"].map((field) => idOf(row, field));
    expect(parties).to.deep.equal([kept.worker, kept.provider, kept.finder].map(low));
  });
  const totals = await page.only(
    "reserveBooks",
    "held reserved toFinders toPosters toProviders burned reserveCount pendingCount",
  );
  expect(big(totals, "held")).to.equal(await orion.balanceOf(contract, page.at));
  expect(big(totals, "reserveCount")).to.equal(BigInt(rows.length));
  expect(big(totals, "pendingCount")).to.equal(BigInt(rows.filter(({ state }) => state === "PENDING").length));
  for (const to of ["toFinder", "toPoster", "toProvider"]) expect(big(totals, `${to}s`), to).to.equal(sum(rows, to));
  expect(big(totals, "burned")).to.equal(sum(rows, "burned"));
  expect(big(totals, "reserved")).to.equal(big(await page.only("markets", "reserved"), "reserved"));
}
