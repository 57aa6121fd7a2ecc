import { expect } from "chai";

import { NEVER, deployDexFixture, poolId, type DexFixture, type Key } from "../../../support/dex-fixture.ts";

const HOUR = 3600;
const BLOCK = 12;
const UNIT = 10n ** 18n;
/** Of each token in the pool, at a true price of one. */
const DEPTH = 1_000_000n * UNIT;

/** What an attack cost, valued at the true price, and the factor by which it moved the mean of the last hour. */
interface Attack {
  readonly cost: number;
  readonly moved: number;
}

/**
 * Both sides of moving the mean price. Cost: what the attacker paid in less what came out, at the true price, fees and slippage included. Take:
 * what somebody who deals at the mean price to as much as the pool holds of a token would lose, the depth times the move.
 */
describe("Moving the exchange's mean price", function () {
  this.timeout(120_000);
  let f: DexFixture;
  let key: Key;
  let id: bigint;
  let restore: () => Promise<void>;
  /** The end of the hour over which the mean is read. */
  let end: number;

  before(async () => {
    f = await deployDexFixture();
    key = await f.key(f.tokens[0], f.tokens[1]);
    id = poolId(key);
    for (const token of f.tokens) {
      await token.mint(f.stranger, 2n ** 100n);
      await token.connect(f.stranger).approve(f.dex, 2n ** 256n - 1n);
    }
    await f.add(key, DEPTH, DEPTH);
    // An observation exactly an hour before the end.
    const now = await f.helpers.time.latest();
    const began = now - (now % HOUR) + 3 * HOUR;
    await f.helpers.time.increaseTo(began);
    await f.dex.observe(id);
    end = began + HOUR;
    const start = await f.helpers.takeSnapshot();
    restore = () => start.restore();
  });
  afterEach(() => restore());

  /** Sells token1, or token0, as attacker or as somebody else; returns what it cost at a price of one. */
  const trade = async (amount: bigint, isRaising: boolean, isAttacker: boolean, time?: number): Promise<bigint> => {
    const [tokenIn, tokenOut] = isRaising ? [key.token1, key.token0] : [key.token0, key.token1];
    const out = await f.dex.quoteExactIn(tokenIn, [{ tokenOut, fee: key.fee }], amount);
    if (time !== undefined) await f.helpers.time.setNextBlockTimestamp(time);
    const who = isAttacker ? f.trader : f.stranger;
    const direct = { amount, limit: out, to: who, deadline: NEVER, tokenIn, tokenOut, fee: key.fee };
    await f.dex.connect(who).swapDirectExactIn(direct);
    return amount - out;
  };
  /** What has to be sold so that the price of token0 becomes `price`, but for the fee. */
  const toPrice = async (price: number): Promise<{ amount: bigint; isRaising: boolean }> => {
    const [reserve0, reserve1] = await f.dex.reservesOf(id);
    const [now0, now1] = [Number(reserve0), Number(reserve1)];
    const product = now0 * now1;
    const isRaising = now1 / now0 < price;
    const amount = isRaising ? Math.sqrt(product * price) - now1 : Math.sqrt(product / price) - now0;
    return { amount: BigInt(Math.round(amount)), isRaising };
  };
  const moved = async (): Promise<number> => {
    await f.helpers.time.increaseTo(end);
    const { price0X128, elapsed } = await f.dex.twap(id, HOUR);
    expect(elapsed).to.equal(BigInt(HOUR));
    return Number(price0X128) / 2 ** 128;
  };

  /** Holds `price` over the last blocks of the hour: against others, who trade back in each and after the last; or alone, who then trades back. */
  const hold = async (price: number, blocks: number, isAlone: boolean): Promise<Attack> => {
    let cost = 0n;
    let time = end - blocks * BLOCK;
    const there = await toPrice(price);
    cost += await trade(there.amount, there.isRaising, true, time);
    for (let block = 1; block < blocks; block += 1) {
      time += BLOCK;
      if (isAlone) continue;
      // Somebody trades back at once in the next block, and the attacker needs another to move the price again.
      const back = await toPrice(1);
      await trade(back.amount, back.isRaising, false, time);
      const again = await toPrice(price);
      cost += await trade(again.amount, again.isRaising, true, time + 1);
    }
    const mean = await moved();
    if (isAlone) {
      const back = await toPrice(1);
      cost += await trade(back.amount, back.isRaising, true);
    }
    return { cost: Number(cost / UNIT), moved: mean };
  };
  const send = (amount: bigint, isRaising: boolean): ReturnType<DexFixture["dex"]["swapDirectExactIn"]> => {
    const [tokenIn, tokenOut] = isRaising ? [key.token1, key.token0] : [key.token0, key.token1];
    const direct = { amount, limit: 0n, to: f.stranger, deadline: NEVER, tokenIn, tokenOut, fee: key.fee };
    return f.dex.connect(f.stranger).swapDirectExactIn(direct, { gasLimit: 300_000 });
  };
  const take = ({ moved: factor }: Attack): number => Number(DEPTH / UNIT) * (Math.max(factor, 1 / factor) - 1);

  it("within one block costs the fees of both ways and moves the mean by nothing", async () => {
    await f.helpers.time.increaseTo(end - 1);
    const there = await toPrice(100);
    const bought = await f.dex.quoteExactIn(key.token1, [{ tokenOut: key.token0, fee: key.fee }], there.amount);
    const before = await f.tokens[1].balanceOf(f.stranger);
    await f.ethers.provider.send("evm_setAutomine", [false]);
    const up = await send(there.amount, there.isRaising);
    const down = await send(bought, false);
    await f.helpers.time.setNextBlockTimestamp(end);
    await f.helpers.mine(1);
    await f.ethers.provider.send("evm_setAutomine", [true]);
    expect((await up.wait())?.blockNumber).to.equal((await down.wait())?.blockNumber);
    const cost = Number(before - (await f.tokens[1].balanceOf(f.stranger)));
    const { price0X128, elapsed } = await f.dex.twap(id, HOUR);
    expect([price0X128, elapsed]).to.deep.equal([2n ** 128n, BigInt(HOUR)]);
    // Twice 0.3% of what the pool gave and took back, at the true price.
    expect(cost).to.be.greaterThan(Number(bought) * 0.0055);
  });

  for (const price of [1.05, 1 / 1.05, 1.5, 10, 1000]) {
    it(`to ${price.toPrecision(4)} times the truth costs more than it can take, where others trade, over one and over five blocks`, async () => {
      for (const blocks of [1, 5]) {
        const attack = await hold(price, blocks, false);
        // The mean moves as far as is documented: price^(time / hour), a second of each block going to who trades back.
        const held = blocks * BLOCK;
        const most = Math.abs(Math.log(price)) * (held / HOUR);
        expect(Math.abs(Math.log(attack.moved))).to.be.at.most(most * 1.01);
        expect(Math.abs(Math.log(attack.moved))).to.be.at.least(most * 0.75);
        expect(attack.cost, `take ${String(take(attack))}`).to.be.greaterThan(take(attack));
        await restore();
      }
    });
  }

  it("costs the two fees only where nobody trades back, and so is no safer than the trade in the pool: what is documented", async () => {
    const attack = await hold(1.5, 299, true);
    expect(attack.moved).to.be.greaterThan(1.49).and.lessThan(1.51);
    const volume = (1 - 1 / Math.sqrt(1.5)) * Number(DEPTH / UNIT);
    expect(attack.cost).to.be.greaterThan(volume * 0.0055);
    expect(attack.cost).to.be.lessThan(take(attack));
  });
});
