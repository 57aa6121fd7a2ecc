import { expect } from "chai";
import { parseEther } from "ethers";

import { poolId } from "../../../support/dex-fixture.ts";
import { MAX_RATE, SHARES, deployMiningFixture, type MiningFixture } from "../../../support/mining-fixture.ts";

const RATE = 1_000n;
const DAY = 86_400;

describe("LiquidityMining: rewards never exceed what was funded", () => {
  let f: MiningFixture;
  let id: bigint;

  before(async () => {
    f = await deployMiningFixture();
    [id] = f.pools;
  });
  afterEach(() => f.reset());

  it("zero supply while emitting: nothing accrues and nothing is used up while nobody stakes", async () => {
    await f.mining.setRate(id, RATE);
    await f.fund(parseEther("1"));
    await f.helpers.time.increase(30 * DAY);
    const { budget, staked } = await f.mining.farm(id);
    expect([budget, staked]).to.deep.equal([parseEther("1"), 0n]);
    // The first to come earns from then on, not the month before it.
    await f.deposit(f.stakers[0], 1n);
    expect(await f.earned(f.stakers[0])).to.equal(0n);
    await f.after(10, () => f.withdraw(f.stakers[0], 1n));
    await f.helpers.time.increase(30 * DAY);
    await f.after(10, () => f.deposit(f.stakers[1], 1n));
    await f.after(10, () => f.harvest(f.stakers[1]));
    expect(await f.orion.balanceOf(f.stakers[1])).to.equal(10n * RATE);
    expect((await f.mining.farm(id)).budget).to.equal(parseEther("1") - 20n * RATE);
  });

  it("truncated rate: one wei per second over a stake as large as fits still pays to the wei", async () => {
    const [staker] = f.stakers;
    const most = 2n ** 102n - 1n;
    const [x, y] = f.tokens;
    const key = await f.key(x, y, 100n);
    await f.add(key, most, most);
    const huge = poolId(key);
    await f.mining.setRate(huge, 1n);
    await f.fund(1000n, huge);
    await f.deposit(staker, await f.dex.balanceOf(staker, huge), huge);
    await f.dex.connect(f.stranger).setOperator(f.mining, true);
    // Somebody settles the pool every second, which cuts the rate into as small pieces as there are.
    for (let second = 0; second < 50; second += 1) await f.after(1, () => f.harvest(f.stranger, huge));
    expect(await f.earned(staker, huge)).to.be.within(49n, 50n);
    await f.after(950, () => f.harvest(staker, huge));
    expect(await f.orion.balanceOf(staker)).to.be.within(999n, 1000n);
  });

  it("truncated rate: a stake settled every second loses less than a wei each time, and nobody gains it", async () => {
    const [a, b, c] = f.stakers;
    await f.mining.setRate(id, 10n);
    await f.fund(10n ** 9n);
    for (const staker of [a, b, c]) await f.deposit(staker, 1n);
    const from = await f.helpers.time.latest();
    for (let second = 0; second < 30; second += 1) await f.after(1, () => f.harvest(a));
    const settled = await f.orion.balanceOf(a);
    // Ten wei alone, five beside one other, then 30 times 3.33 each, of which a harvest every second pays 3.
    expect((await f.helpers.time.latest()) - from).to.equal(30);
    expect(settled).to.equal(10n + 5n + 30n * 3n);
    expect(await f.earned(b)).to.be.within(104n, 105n);
    expect(await f.earned(c)).to.be.within(99n, 100n);
    const owed = settled + (await f.earned(b)) + (await f.earned(c));
    expect(owed + (await f.mining.farm(id)).budget).to.be.lessThanOrEqual(10n ** 9n);
  });

  it("dust top-ups that dilute: whoever funds a wei at every step changes no rate and takes nobody's part", async () => {
    const [staker] = f.stakers;
    await f.mining.setRate(id, RATE);
    await f.fund(parseEther("1"));
    await f.orion.transfer(f.stranger, 100n);
    await f.orion.connect(f.stranger).approve(f.mining, 100n);
    await f.deposit(staker, SHARES);
    for (let i = 0; i < 20; i += 1) await f.after(3, () => f.mining.connect(f.stranger).fund(id, 1n));
    expect((await f.mining.farm(id)).rate).to.equal(RATE);
    expect(await f.earned(staker)).to.be.within(60n * RATE - 1n, 60n * RATE);
  });

  it("duplicate pool: one farm per id, so setting a rate twice pays once", async () => {
    const [a, b] = f.stakers;
    await f.mining.setRate(id, RATE);
    await f.mining.setRate(id, RATE);
    await f.fund(parseEther("1"));
    await f.deposit(a, 5n);
    await f.after(10, () => f.deposit(b, 5n));
    await f.after(10, () => f.harvest(a));
    expect(await f.orion.balanceOf(a)).to.equal(15n * RATE);
    expect((await f.earned(a)) + (await f.earned(b))).to.equal(5n * RATE);
  });

  it("sum(paid) ≤ funded: an exhausted budget pays what it held and not a wei of another pool's", async () => {
    const [first, second] = f.pools;
    const [a, b, c] = f.stakers;
    await f.mining.setRate(second, 1n);
    await f.fund(1_000n, first);
    await f.fund(parseEther("5"), second);
    for (const staker of [a, b, c]) await f.deposit(staker, 7n, first);
    await f.mining.setRate(first, MAX_RATE);
    await f.helpers.time.increase(365 * DAY);
    for (const staker of [a, b, c, a, b, c]) await f.harvest(staker, first);
    const paid = await Promise.all([a, b, c].map((staker) => f.orion.balanceOf(staker)));
    expect(paid).to.deep.equal([333n, 333n, 333n]);
    expect(await f.orion.balanceOf(f.mining)).to.equal(parseEther("5") + 1n);
  });

  it("an exhausted budget that is filled again pays from then on, and not for the time between", async () => {
    const [staker] = f.stakers;
    await f.mining.setRate(id, RATE);
    await f.fund(10n * RATE);
    await f.deposit(staker, 1n);
    await f.helpers.time.increase(DAY);
    expect(await f.earned(staker)).to.equal(10n * RATE);
    await expect(f.fund(10n * RATE))
      .to.emit(f.mining, "Funded")
      .withArgs(id, f.payer.address, 10n * RATE);
    expect(await f.earned(staker)).to.equal(10n * RATE);
    await f.after(4, () => f.harvest(staker));
    expect(await f.orion.balanceOf(staker)).to.equal(14n * RATE);
  });

  it("exit returns all shares, moves no ORION and gives up what they earned to those who stay", async () => {
    const [a, b] = f.stakers;
    await f.mining.setRate(id, RATE);
    await f.fund(20n * RATE);
    await f.deposit(a, 10n);
    await f.after(10, () => f.deposit(b, 10n));
    const exit = f.after(10, () => f.exit(a));
    await expect(exit)
      .to.emit(f.mining, "Exited")
      .withArgs(id, a.address, 10n, 15n * RATE);
    await expect(exit).to.changeTokenBalance(f.ethers, f.orion, a, 0n);
    expect(await f.dex.balanceOf(a, id)).to.equal(SHARES);
    expect([...(await f.mining.stakeOf(id, a))]).to.deep.equal([0n, 0n]);
    expect((await f.mining.farm(id)).budget).to.equal(15n * RATE);
    await f.helpers.time.increase(DAY);
    await f.harvest(b);
    expect(await f.orion.balanceOf(b)).to.equal(20n * RATE);
    await expect(f.exit(a)).to.be.revertedWithCustomError(f.mining, "ZeroAmount");
  });

  it("exit works always: without a budget, without a rate, after decades, and when the ORION is gone", async () => {
    const [a, b, c] = f.stakers;
    await f.deposit(a, SHARES);
    await f.exit(a);
    await f.mining.setRate(id, MAX_RATE);
    await f.fund(parseEther("1000000000"));
    await f.deposit(a, 1n);
    await f.helpers.time.increase(50 * 365 * DAY);
    // All ORION there is, earned by one share, and given up.
    await f.exit(a);
    expect((await f.mining.farm(id)).budget).to.equal(parseEther("1000000000"));
    await f.deposit(b, SHARES);
    await f.deposit(c, 1n);
    await f.helpers.time.increase(50 * 365 * DAY);
    const mining = await f.mining.getAddress();
    await f.helpers.impersonateAccount(mining);
    await f.helpers.setBalance(mining, parseEther("1"));
    const held = await f.orion.balanceOf(f.mining);
    await f.orion.connect(await f.ethers.getSigner(mining)).burn(held);
    await expect(f.harvest(b)).to.be.revertedWithCustomError(f.orion, "ERC20InsufficientBalance");
    await f.exit(b);
    await f.withdraw(c, 1n);
    expect(await f.dex.balanceOf(f.mining, id)).to.equal(0n);
    expect(await f.dex.balanceOf(b, id)).to.equal(SHARES);
  });

  it("funds no more than fits, and only what the payer has", async () => {
    const most = 2n ** 96n - 1n;
    await expect(f.fund(most + 1n))
      .to.be.revertedWithCustomError(f.mining, "AmountTooLarge")
      .withArgs(most + 1n);
    await expect(f.fund(parseEther("1000000001"))).to.be.revertedWithCustomError(f.orion, "ERC20InsufficientBalance");
    await expect(f.mining.connect(f.stranger).fund(id, 1n)).to.be.revertedWithCustomError(
      f.orion,
      "ERC20InsufficientAllowance",
    );
  });

  it("a donation to it earns nobody anything", async () => {
    await f.mining.setRate(id, RATE);
    await f.deposit(f.stakers[0], 1n);
    await f.orion.transfer(f.mining, parseEther("1"));
    await f.helpers.time.increase(DAY);
    expect(await f.earned(f.stakers[0])).to.equal(0n);
    expect((await f.mining.farm(id)).budget).to.equal(0n);
  });
});
