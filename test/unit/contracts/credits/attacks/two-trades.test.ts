import { expect } from "chai";

import { MAX_UINT128, deployCreditsFixture, type CreditsFixture } from "../../../../support/credits-fixture.ts";
import { rollFee } from "../../../../support/credits-maths.ts";
import { CU, DAY, ORION } from "../../../../support/market-fixture.ts";

const SEED = 15_000n * CU;

/** Whoever makes the last block of an hour and the first of the next: a sequencer, or anybody on a quiet chain. */
describe("Attack: a pool made thin by two trades at the turn of an hour, with the parameters of the mainnet", function () {
  this.timeout(300_000);
  let f: CreditsFixture;
  let restore: () => Promise<void>;

  before(async () => {
    f = await deployCreditsFixture({ network: "mainnet" });
    await f.provide(SEED, ORION);
    await f.week();
    await f.gather(f.attacker, 12_000n * CU);
  });
  beforeEach(async () => {
    restore = await f.mark();
  });
  afterEach(() => restore());

  /** Sells CU in the last block of an hour and buys as many back in the first one of the next; resolves to what that cost. */
  const thinOnce = async (): Promise<bigint> => {
    const before = await f.purse(f.attacker);
    await f.beforeHour(3);
    const { orion, credits } = await f.reserves();
    const target = (f.parameters.creditsMinDepth * 999n) / 1_000n;
    const sold = (((orion * credits) / target - credits) * 1_000n) / 997n;
    await f.sell(f.attacker, sold);
    await f.time.increase(4);
    await f.dex.connect(f.attacker).swapExactOut({
      ...{ tokenIn: f.orion, hops: [{ tokenOut: f.credits, fee: 30n }], amountOut: sold, maxIn: MAX_UINT128 },
      ...{ to: f.attacker, deadline: MAX_UINT128 },
    });
    const after = await f.purse(f.attacker);
    expect(after.credits).to.equal(before.credits);
    return before.orion - after.orion;
  };

  it("thin: stops no mint: it takes a third turn within the same day, and again each day", async () => {
    await thinOnce();
    await f.hours(1);
    expect(await f.credits.isPriceLive()).to.equal(true);
    expect(await f.credits.mintable()).to.be.above(0n);
    await thinOnce();
    for (let hour = 0; hour < 20; hour += 1) {
      await f.hours(1);
      expect(await f.credits.isPriceLive()).to.equal(true);
      expect(await f.credits.mintable()).to.be.above(0n);
    }
  });

  it("by six trades a day stops them, for three times the fees, and minting is not what it gains by", async () => {
    let cost = 0n;
    for (let turn = 0; turn < 3; turn += 1) {
      cost += await thinOnce();
      await f.hours(1);
    }
    expect(await f.credits.isPriceLive()).to.equal(false);
    expect(cost).to.be.above(80n * ORION);
    // Supply is above the bootstrap cap, so nothing is minted until a day has passed.
    await f.hours(18);
    expect(await f.credits.isPriceLive()).to.equal(false);
    await f.hours(7);
    expect(await f.credits.isPriceLive()).to.equal(true);
  });

  it("thin: evades a top-up for one day at a time, each of which costs a fee and six more trades", async () => {
    // The attacker owes what it has minted; after a tenfold rise of the price a roll would ask for ten times its lock.
    const id = await f.credits.positions();
    const { lock, end } = await f.credits.position(id);
    await f.buy(f.holder, ((await f.reserves()).orion * 2_162n) / 997n);
    await f.time.increaseTo(end - BigInt(2 * DAY));
    await f.hours(26);
    expect(await f.credits.isPriceLive()).to.equal(true);
    const { topUp } = await f.credits.quoteRoll(id, 30 * DAY);
    expect(topUp).to.be.above(4n * lock);
    // One thin observation, and a second one: nothing is evaded.
    for (let turn = 0; turn < 2; turn += 1) {
      await thinOnceAt(f);
      expect((await f.credits.quoteRoll(id, 30 * DAY)).topUp).to.be.above(4n * lock);
    }
    await thinOnceAt(f);
    const { end: before } = await f.credits.position(id);
    await expect(f.credits.connect(f.attacker).roll(id, 30 * DAY, MAX_UINT128)).to.changeTokenBalance(
      f.ethers,
      f.orion,
      f.attacker,
      -rollFee(lock, BigInt(DAY)),
    );
    expect((await f.credits.position(id)).end).to.equal(before + BigInt(DAY));
    // Not twice, and once the day's observations are deep again the top-up is due again.
    await expect(f.credits.connect(f.attacker).roll(id, 30 * DAY, MAX_UINT128)).to.be.revertedWithCustomError(
      f.credits,
      "RollTooEarly",
    );
    await f.hours(24);
    expect((await f.credits.quoteRoll(id, 30 * DAY)).topUp).to.be.above(4n * lock);
  });

  /** A liquidity provider's way: all above the depth leaves over the turn, for gas alone. */
  async function thinOnceAt(at: CreditsFixture): Promise<void> {
    await at.beforeHour(3);
    const shares = await at.dex.balanceOf(at.owner, at.pool);
    const { orion, credits } = await at.reserves();
    await at.remove(at.owner, 9_900n);
    await at.time.increase(4);
    await at.observe();
    await at.add(at.owner, (orion * 985n) / 1_000n, (credits * 985n) / 1_000n);
    expect(await at.dex.balanceOf(at.owner, at.pool)).to.be.above((shares * 97n) / 100n);
  }
});
