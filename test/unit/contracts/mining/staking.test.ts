import { expect } from "chai";
import { MaxUint256, ZeroAddress, parseEther } from "ethers";

import { MAX_RATE, SHARES, deployMiningFixture, type MiningFixture } from "../../../support/mining-fixture.ts";

const RATE = 1_000n;
const BUDGET = parseEther("1000");

describe("LiquidityMining: staking and earning", () => {
  let f: MiningFixture;

  before(async () => {
    f = await deployMiningFixture();
  });
  beforeEach(async () => {
    await f.mining.setRate(f.pools[0], RATE);
    await f.fund(BUDGET);
  });
  afterEach(() => f.reset());

  it("takes shares of a caller that made it its operator, and says so", async () => {
    const [id] = f.pools;
    await expect(f.deposit(f.stakers[0], SHARES))
      .to.emit(f.mining, "Deposited")
      .withArgs(id, f.stakers[0].address, SHARES);
    expect(await f.dex.balanceOf(f.mining, id)).to.equal(SHARES);
    expect((await f.mining.stakeOf(id, f.stakers[0])).shares).to.equal(SHARES);
    expect((await f.mining.farm(id)).staked).to.equal(SHARES);
    await expect(f.deposit(f.stranger, 1n)).to.be.revertedWithCustomError(f.dex, "ERC6909InsufficientAllowance");
    await f.dex.connect(f.stranger).approve(f.mining, id, 1n);
    await expect(f.deposit(f.stranger, 1n)).to.emit(f.mining, "Deposited");
  });

  it("takes no more than the caller holds, and never nothing", async () => {
    const [staker] = f.stakers;
    await expect(f.deposit(staker, SHARES + 1n)).to.be.revertedWithCustomError(f.dex, "ERC6909InsufficientBalance");
    for (const call of [() => f.deposit(staker, 0n), () => f.withdraw(staker, 0n), () => f.fund(0n)]) {
      await expect(call()).to.be.revertedWithCustomError(f.mining, "ZeroAmount");
    }
    await expect(f.deposit(staker, MaxUint256))
      .to.be.revertedWithCustomError(f.mining, "AmountTooLarge")
      .withArgs(MaxUint256);
  });

  it("pays one staker its whole rate, by the second, to whom it says", async () => {
    const [staker] = f.stakers;
    await f.deposit(staker, 1n);
    const harvest = f.after(100, () => f.mining.connect(staker).harvest(f.pools[0], f.stranger));
    await expect(harvest)
      .to.emit(f.mining, "Harvested")
      .withArgs(f.pools[0], staker.address, f.stranger.address, 100n * RATE);
    expect(await f.orion.balanceOf(f.stranger)).to.equal(100n * RATE);
    expect(await f.earned(staker)).to.equal(0n);
  });

  it("divides in proportion to shares and to time", async () => {
    const [a, b, c] = f.stakers;
    await f.deposit(a, 100n);
    await f.after(10, () => f.deposit(b, 300n));
    await f.after(10, () => f.deposit(c, 400n));
    await f.after(10, () => f.harvest(f.stranger));
    const exact = [10_000n + 2_500n + 1_250n, 7_500n + 3_750n, 5_000n];
    for (const [i, staker] of f.stakers.entries()) expect(await f.earned(staker)).to.equal(exact[i]);
  });

  it("keeps what was earned when shares are withdrawn, and lets it earn no more", async () => {
    const [staker] = f.stakers;
    await f.deposit(staker, 10n);
    await expect(f.withdraw(staker, 11n))
      .to.be.revertedWithCustomError(f.mining, "MoreThanStaked")
      .withArgs(f.pools[0], staker.address, 10n, 11n);
    const withdrawal = f.after(19, () => f.withdraw(staker, 10n));
    await expect(withdrawal).to.emit(f.mining, "Withdrawn").withArgs(f.pools[0], staker.address, 10n);
    expect(await f.dex.balanceOf(staker, f.pools[0])).to.equal(SHARES);
    const earned = await f.earned(staker);
    expect(earned).to.equal(19n * RATE);
    await f.after(1000, () => f.harvest(staker));
    expect(await f.orion.balanceOf(staker)).to.equal(earned);
  });

  it("pays only the caller's own rewards: nobody harvests, withdraws or exits for another", async () => {
    const [a, b] = f.stakers;
    await f.deposit(a, 100n);
    await f.after(50, () => f.harvest(b));
    expect(await f.orion.balanceOf(b)).to.equal(0n);
    await expect(f.withdraw(b, 1n)).to.be.revertedWithCustomError(f.mining, "MoreThanStaked");
    await expect(f.exit(b)).to.be.revertedWithCustomError(f.mining, "ZeroAmount");
    expect(await f.earned(a)).to.be.greaterThanOrEqual(50n * RATE);
  });

  it("pays neither nobody nor itself", async () => {
    const [staker] = f.stakers;
    await f.deposit(staker, 1n);
    for (const to of [ZeroAddress, await f.mining.getAddress()]) {
      await expect(f.mining.connect(staker).harvest(f.pools[0], to))
        .to.be.revertedWithCustomError(f.mining, "InvalidRecipient")
        .withArgs(to);
    }
  });

  it("harvests zero without harm: nothing earned, nothing paid, nothing changed", async () => {
    await expect(f.harvest(f.stranger))
      .to.emit(f.mining, "Harvested")
      .withArgs(f.pools[0], f.stranger.address, f.stranger.address, 0n);
    expect(await f.orion.balanceOf(f.mining)).to.equal(BUDGET);
  });

  it("earns nothing within one second, so shares lent for one transaction earn nothing", async () => {
    const [a, b] = f.stakers;
    await f.deposit(a, 1n);
    await f.after(1000, () => f.deposit(b, SHARES));
    await f.ethers.provider.send("evm_setAutomine", [false]);
    const gasLimit = 300_000n;
    const sent = [
      await f.mining.connect(b).withdraw(f.pools[0], SHARES, { gasLimit }),
      await f.mining.connect(f.stranger).harvest(f.pools[0], f.stranger, { gasLimit }),
      await f.dex.connect(b).transfer(f.stranger, f.pools[0], SHARES, { gasLimit }),
      await f.dex.connect(f.stranger).setOperator(f.mining, true, { gasLimit }),
    ];
    await f.ethers.provider.send("evm_mine");
    for (const { hash } of sent) expect((await f.ethers.provider.getTransactionReceipt(hash))?.status).to.equal(1);
    const again = [
      await f.mining.connect(f.stranger).deposit(f.pools[0], SHARES, { gasLimit }),
      await f.mining.connect(f.stranger).harvest(f.pools[0], f.stranger, { gasLimit }),
      await f.mining.connect(f.stranger).withdraw(f.pools[0], SHARES, { gasLimit }),
    ];
    await f.ethers.provider.send("evm_mine");
    await f.ethers.provider.send("evm_setAutomine", [true]);
    for (const { hash } of again) expect((await f.ethers.provider.getTransactionReceipt(hash))?.status).to.equal(1);
    expect(await f.orion.balanceOf(f.stranger)).to.equal(0n);
    expect(await f.earned(f.stranger)).to.equal(0n);
  });

  it("mixes no pools: shares, rates, budgets and earnings of one are none of another's", async () => {
    const [first, second] = f.pools;
    const [a, b] = f.stakers;
    await f.mining.setRate(second, 7n);
    await f.fund(100n, second);
    await f.deposit(a, 50n, first);
    await f.deposit(b, 50n, second);
    await expect(f.withdraw(a, 1n, second)).to.be.revertedWithCustomError(f.mining, "MoreThanStaked");
    await f.helpers.time.increase(1000);
    expect(await f.earned(a, second)).to.equal(0n);
    expect(await f.earned(b, first)).to.equal(0n);
    expect(await f.earned(b, second)).to.equal(100n);
    expect((await f.mining.farm(second)).budget).to.equal(0n);
    expect(await f.earned(a, first)).to.be.greaterThan(1000n * RATE);
    await f.withdraw(a, 50n, first);
    await expect(f.withdraw(a, 1n, first)).to.be.revertedWithCustomError(f.mining, "MoreThanStaked");
    expect(await f.dex.balanceOf(f.mining, second)).to.equal(50n);
  });

  it("leaves rates to the owner, up to the immutable most, from now on only", async () => {
    const [id] = f.pools;
    await expect(f.mining.connect(f.stranger).setRate(id, 1n))
      .to.be.revertedWithCustomError(f.mining, "OwnableUnauthorizedAccount")
      .withArgs(f.stranger.address);
    await expect(f.mining.setRate(id, MAX_RATE + 1n))
      .to.be.revertedWithCustomError(f.mining, "RateTooHigh")
      .withArgs(MAX_RATE + 1n, MAX_RATE);
    await f.deposit(f.stakers[0], 1n);
    await expect(f.after(10, () => f.mining.setRate(id, 3n * RATE)))
      .to.emit(f.mining, "RateSet")
      .withArgs(id, 3n * RATE);
    await f.after(10, () => f.harvest(f.stakers[0]));
    expect(await f.orion.balanceOf(f.stakers[0])).to.equal(10n * RATE + 30n * RATE);
    await f.mining.setRate(id, 0n);
    const earned = await f.earned(f.stakers[0]);
    await f.helpers.time.increase(1000);
    expect(await f.earned(f.stakers[0])).to.equal(earned);
  });

  it("cannot be deployed with a most that could overflow", async () => {
    const most = 2n ** 88n - 1n;
    const args = [await f.dex.getAddress(), await f.orion.getAddress(), f.owner.address];
    await expect(f.ethers.deployContract("LiquidityMining", [...args, most + 1n]))
      .to.be.revertedWithCustomError(f.mining, "RateTooHigh")
      .withArgs(most + 1n, most);
    await f.ethers.deployContract("LiquidityMining", [...args, most]);
  });
});
