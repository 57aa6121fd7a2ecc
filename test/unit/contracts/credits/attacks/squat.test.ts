import { expect } from "chai";

import { MAX_UINT128, deployCreditsFixture, type CreditsFixture } from "../../../../support/credits-fixture.ts";
import { CU, DAY, ORION } from "../../../../support/market-fixture.ts";

const PRICE = ORION;
const SEED = 15_000n * CU;

describe("Attack: holding all room for credits, with the parameters of the mainnet", function () {
  this.timeout(300_000);
  let f: CreditsFixture;
  let start: bigint;
  let restore: () => Promise<void>;

  before(async () => {
    f = await deployCreditsFixture({ network: "mainnet" });
    await f.provide(SEED, PRICE);
    start = await f.orion.balanceOf(f.attacker);
  });
  beforeEach(async () => {
    restore = await f.mark();
  });
  afterEach(() => restore());

  /** ORION of the attacker in hand and in locks: what is missing has burned. */
  const spent = async (): Promise<bigint> => {
    let sum = await f.orion.balanceOf(f.attacker);
    for (let id = 1n; id <= (await f.credits.positions()); id += 1n) {
      const { owner, lock } = await f.credits.position(id);
      if (owner === f.attacker.address) sum += lock;
    }
    return start - sum;
  };

  it("of the bootstrap cap costs 1.125% of its locks, and then a quarter per cent of them a month", async () => {
    const room = f.parameters.creditsBootstrapCap - SEED;
    const first = await f.credits.positions();
    await f.gather(f.attacker, room);
    await expect(f.mint(f.minter, 1n)).to.be.revertedWithCustomError(f.credits, "CapExceeded");
    const locked = (room * f.parameters.creditsFloor) / CU;
    const minting = await spent();
    // Whoever takes whole quotas pays the mean of 0.25% and 2%; the last hour's was not whole.
    expect(minting).to.be.within((locked * 105n) / 10_000n, (locked * 1_126n) / 100_000n);
    // The price goes live and stays where it was; the positions are rolled for as long as they may be.
    await f.week();
    const last = await f.credits.positions();
    let months = 0n;
    for (; months < 3n; months += 1n) {
      await f.time.increase(29 * DAY);
      for (let id = first + 1n; id <= last; id += 1n) {
        const { end } = await f.credits.position(id);
        if (end > BigInt(await f.time.latest()) + BigInt(23 * DAY)) continue;
        await f.credits.connect(f.attacker).roll(id, 30 * DAY, MAX_UINT128);
      }
    }
    const rolling = (await spent()) - minting;
    const monthly = (locked * 25n) / 10_000n;
    expect(rolling).to.be.within((months * monthly * 9n) / 10n, (months * monthly * 11n) / 10n);
    // No ORION comes back but the locks.
    const all = await spent();
    for (let id = first + 1n; id <= last; id += 1n) {
      await f.credits.connect(f.attacker).redeem(id, (await f.credits.position(id)).debt);
    }
    expect(start - (await f.orion.balanceOf(f.attacker))).to.equal(all);
  });

  it("takes weeks instead of a block while the price is live: an hour's quota is a fiftieth of the pool", async () => {
    await f.week();
    const before = await f.credits.totalSupply();
    const day = 24;
    for (let hour = 0; hour < day; hour += 1) {
      await f.mint(f.attacker, await f.credits.mintable(), 30 * DAY);
      await expect(f.mint(f.minter, 1n)).to.be.revertedWithCustomError(f.credits, "QuotaExceeded");
      await f.hours(1);
    }
    const taken = (await f.credits.totalSupply()) - before;
    expect(taken).to.equal((BigInt(day) * SEED) / 50n);
    // Eleven days for all room of the mainnet.
    expect((f.parameters.creditsCap - before) / (taken / BigInt(day))).to.be.above(11n * 24n);
  });

  it("by minting and redeeming fills an hour's quota for 1.125% of the lock each time, which burns", async () => {
    await f.week();
    for (let hour = 1n; hour <= 3n; hour += 1n) {
      const debt = await f.credits.mintable();
      const id = await f.mint(f.attacker, debt, 1);
      const { lock } = await f.credits.position(id);
      await f.credits.connect(f.attacker).redeem(id, debt);
      await expect(f.mint(f.minter, 1n)).to.be.revertedWithCustomError(f.credits, "QuotaExceeded");
      expect(await spent()).to.be.closeTo((hour * lock * 1_125n) / 100_000n, 10n ** 15n);
      await f.hours(1);
    }
  });

  it("with the room that a vote makes, in the block that executes it, is a quota's worth and no more", async () => {
    await f.week();
    const { cap } = await f.credits.parameters();
    await f.mint(f.attacker, await f.credits.mintable(), 30 * DAY);
    await f.credits.setCap(4n * cap);
    expect(await f.credits.mintable()).to.equal(0n);
    await expect(f.mint(f.attacker, 1n)).to.be.revertedWithCustomError(f.credits, "QuotaExceeded");
  });

  it("as an option has a premium: when nothing happens, what was minted and kept loses its fee", async () => {
    await f.week();
    const debt = (await f.credits.mintable()) / 2n;
    const id = await f.mint(f.attacker, debt, 30 * DAY);
    const { lock } = await f.credits.position(id);
    await f.time.increase(29 * DAY);
    await f.credits.connect(f.attacker).redeem(id, debt);
    const premium = start - (await f.orion.balanceOf(f.attacker));
    // Half a quota: 0.25% + 1.75% / 4.
    expect(premium).to.be.closeTo((lock * 6_875n) / 1_000_000n, 10n ** 15n);
  });
});
