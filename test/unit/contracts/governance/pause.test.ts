import { expect } from "chai";
import { MaxUint256, ZeroAddress, id, ZeroHash } from "ethers";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import type { Terms } from "@orion/protocol/chain";

import { NEVER } from "../../../support/dex-fixture.ts";
import { deployGovernanceFixture, type Action, type GovernanceFixture } from "../../../support/governance-fixture.ts";
import { CU, DAY, FAST, ORION } from "../../../support/market-fixture.ts";

const OUTPUTS_ROOT = id("outputs root");
const OUTPUTS = id("outputs");
const HUGE = MaxUint256 >> 128n;

describe("Governance and what already runs", () => {
  let f: GovernanceFixture;
  let poster: HardhatEthersSigner;
  let worker: HardhatEthersSigner;
  let jobs = 0;

  before(async () => {
    f = await deployGovernanceFixture();
    [poster, worker] = [f.small, f.stranger];
    await f.credits.connect(f.treasury).transfer(poster, 1_000n * CU);
    await f.credits.connect(poster).approve(f.market, MaxUint256);
    await f.orion.connect(f.treasury).transfer(worker, 20_000n * ORION);
    await f.orion.connect(worker).approve(f.registry, MaxUint256);
    await f.orion.connect(worker).approve(f.credits, MaxUint256);
    await f.registry.connect(worker).stake(worker, f.market, 10_000n * ORION);
    await f.registry.connect(worker).authorise(f.market, true);
    await f.dex.connect(f.treasury).setOperator(f.mining, true);
    await f.orion.connect(f.treasury).approve(f.mining, MaxUint256);
    await f.mining.connect(f.treasury).fund(f.pool, ORION);
    start = await f.helpers.takeSnapshot();
  });
  let start: Awaited<ReturnType<GovernanceFixture["helpers"]["takeSnapshot"]>>;
  afterEach(() => start.restore());

  const terms = (): Terms => ({
    poster: poster.address,
    salt: id(`salt ${String((jobs += 1))}`),
    programRoot: id("program"),
    dataset: id("dataset"),
    inputsRoot: id("inputs"),
    challengers: ZeroHash,
    rows: 64n,
    shards: 4,
    shardsPerClaim: 1,
    workPerShard: CU / 10n,
    pricePerShard: CU / 8n,
    keeper: ZeroAddress,
    keeperFee: 0n,
    collateralPerClaim: 2n * ORION,
    options: FAST,
  });
  const post = (job: Terms): Promise<unknown> => f.market.connect(poster).postJob(job);
  const claim = (job: Terms, units: number[]): ReturnType<GovernanceFixture["market"]["claim"]> =>
    f.market.connect(worker).claim(job, units);
  const commit = async (job: Terms, unit: number): Promise<unknown> => {
    const key = await f.market.keyOf(await f.market.jobIdOf(job), unit, 0, worker);
    return await f.market.connect(worker).commit(job, unit, key, OUTPUTS_ROOT, OUTPUTS);
  };
  const settle = (job: Terms, units: number[]): ReturnType<GovernanceFixture["market"]["settle"]> =>
    f.market.connect(f.minor).settle(job, units);
  const mint = (term: number): Promise<unknown> => f.credits.connect(worker).mint(10n * CU, term, HUGE, worker);
  const addLiquidity = async (): Promise<unknown> => {
    const key = await poolKey();
    const amounts = { maxAmount0: CU, maxAmount1: CU, minShares: 0n };
    return await f.dex.connect(f.treasury).addLiquidity({ key, ...amounts, to: f.treasury, deadline: NEVER });
  };
  const poolKey = async (): Promise<{ token0: string; token1: string; fee: number }> => {
    const [a, b] = [await f.credits.getAddress(), await f.orion.getAddress()];
    return BigInt(a) < BigInt(b) ? { token0: a, token1: b, fee: 30 } : { token0: b, token1: a, fee: 30 };
  };
  const pauseAll = (isPaused: boolean): Action[] =>
    [f.market, f.credits, f.dex].map((target) => ({
      target,
      data: target.interface.encodeFunctionData("setPaused", [isPaused]),
    }));

  it("governance can't change a running job: lock, pay, clocks and refund stay as posted", async () => {
    await f.time.increase(7 * DAY);
    const { lowestCollateral, highestCollateral, claimCollateral, creditsFloor, creditsCap } = f.parameters;
    const on = (target: Action["target"], data: string): Action => ({ target, data });
    const [market, credits] = [f.market.interface, f.credits.interface];
    const more = (value: bigint): [bigint] => [(value * 5n) / 4n];
    const decision = await f.decided(
      on(f.market, market.encodeFunctionData("setLowestCollateral", more(lowestCollateral))),
      on(f.market, market.encodeFunctionData("setHighestCollateral", more(highestCollateral))),
      on(f.market, market.encodeFunctionData("setClaimCollateral", more(claimCollateral))),
      on(f.credits, credits.encodeFunctionData("setFloor", more(creditsFloor))),
      on(f.credits, credits.encodeFunctionData("setCap", more(creditsCap))),
      on(f.dex, f.dex.interface.encodeFunctionData("setProtocolPart", [f.pool, 6])),
      on(f.mining, f.mining.interface.encodeFunctionData("setRate", [f.pool, 1n])),
    );
    // As little as is allowed, so that the new bounds would refuse it.
    const job = { ...terms(), collateralPerClaim: claimCollateral };
    await post(job);
    await claim(job, [0, 1]);
    await commit(job, 0);
    const stateOf = async (): Promise<unknown[]> => {
      const jobId = await f.market.jobIdOf(job);
      const units = [0, 1, 2, 3].map((unit) => f.market.unit(jobId, unit));
      return [await f.market.job(jobId), ...(await Promise.all(units)), await f.registry.account(worker, f.market)];
    };
    const before = await stateOf();
    await f.execute(decision);
    expect(await stateOf()).to.deep.equal(before);
    await expect(post({ ...job, salt: id("other") })).to.be.revertedWithCustomError(f.market, "CollateralOutOfBounds");
    await expect(claim(job, [2]))
      .to.emit(f.registry, "Locked")
      .withArgs(worker.address, f.market.target, claimCollateral);
    await commit(job, 1);
    await f.time.increase(f.parameters.fast.challengeWindow + 1);
    const pay = 2n * job.pricePerShard;
    await expect(settle(job, [0, 1])).to.changeTokenBalance(f.ethers, f.credits, worker, pay);
    const cancel = f.market.connect(poster).cancel(job);
    await expect(cancel).to.changeTokenBalance(f.ethers, f.credits, poster, job.pricePerShard);
  });

  it("pausing blocks post, claim, mint and addLiquidity, and nothing else: no clock runs out by it and every exit stays open", async () => {
    const rate = { target: f.mining, data: f.mining.interface.encodeFunctionData("setRate", [f.pool, 10n]) };
    const shares = (await f.dex.balanceOf(f.treasury, f.pool)) / 4n;
    const mining = f.mining.connect(f.treasury);
    await mining.deposit(f.pool, shares);
    const decision = await f.decided(rate, ...pauseAll(true));
    await mint(DAY);
    await mint(2 * DAY);
    const [delivered, kept] = [(await f.credits.positions()) - 1n, await f.credits.positions()];
    const job = terms();
    await post(job);
    await claim(job, [0, 1, 2]);
    await f.execute(decision);

    await expect(post(terms())).to.be.revertedWithCustomError(f.market, "MarketPaused");
    await expect(claim(job, [3])).to.be.revertedWithCustomError(f.market, "MarketPaused");
    await expect(mint(DAY)).to.be.revertedWithCustomError(f.credits, "MintingPaused");
    await expect(addLiquidity()).to.be.revertedWithCustomError(f.dex, "LiquidityPaused");

    // Everything that has a deadline goes on.
    await commit(job, 0);
    await commit(job, 1);
    await expect(f.market.connect(poster).accept(job, [0])).to.emit(f.market, "UnitSettled");
    await f.time.increase(Math.max(f.parameters.fast.challengeWindow, f.parameters.fast.claimPeriod) + 1);
    await expect(settle(job, [1])).to.emit(f.market, "UnitSettled");
    await expect(f.market.expire(job, [2])).to.emit(f.market, "UnitExpired");
    await expect(f.credits.connect(worker).roll(kept, 30 * DAY, HUGE)).to.emit(f.credits, "PositionRolled");
    // Every exit stays open.
    await expect(f.market.connect(poster).cancel(job)).to.emit(f.market, "JobCancelled");
    const { free, locked } = await f.registry.account(worker, f.market);
    expect(locked).to.equal(0n);
    await expect(f.registry.connect(worker).withdraw(f.market, free, worker)).to.emit(f.registry, "Withdrawn");
    await expect(f.credits.connect(worker).redeem(kept, CU)).to.emit(f.credits, "PositionRedeemed");
    await f.time.increase(DAY);
    await expect(f.credits.connect(poster).deliver(delivered, CU)).to.emit(f.credits, "PositionDelivered");
    const [tokenIn, hops] = [f.credits, [{ tokenOut: await f.orion.getAddress(), fee: 30 }]];
    await f.credits.connect(poster).approve(f.dex, MaxUint256);
    const swap = { tokenIn, hops, amountIn: CU, minOut: 0n, to: poster, deadline: NEVER };
    await expect(f.dex.connect(poster).swapExactIn(swap)).to.emit(f.dex, "Swap");
    await expect(mining.harvest(f.pool, f.treasury)).to.emit(f.mining, "Harvested");
    await expect(mining.withdraw(f.pool, shares / 2n)).to.emit(f.mining, "Withdrawn");
    await expect(mining.exit(f.pool)).to.emit(f.mining, "Exited");
    const removal = { key: await poolKey(), shares, minAmount0: 0n, minAmount1: 0n, to: f.treasury, deadline: NEVER };
    await expect(f.dex.connect(f.treasury).removeLiquidity(removal)).to.emit(f.dex, "LiquidityRemoved");

    await f.decide(...pauseAll(false));
    await post(terms());
    await mint(DAY);
    await addLiquidity();
  });

  it("pausing for ever, with nobody left to resume, still lets everybody out", async () => {
    const renounce = [f.market, f.credits, f.dex, f.mining].map((target) => ({
      target,
      data: target.interface.encodeFunctionData("renounceOwnership"),
    }));
    const decision = await f.decided(...pauseAll(true), ...renounce);
    const job = terms();
    await post(job);
    await f.mining.connect(f.treasury).deposit(f.pool, 1_000n);
    await f.execute(decision);
    expect(await f.market.owner()).to.equal(ZeroAddress);
    await f.market.connect(poster).cancel(job);
    await f.mining.connect(f.treasury).exit(f.pool);
    const shares = await f.dex.balanceOf(f.treasury, f.pool);
    const removal = { key: await poolKey(), shares, minAmount0: 0n, minAmount1: 0n, to: f.treasury, deadline: NEVER };
    await f.dex.connect(f.treasury).removeLiquidity(removal);
    await f.credits.connect(poster).transfer(f.treasury, await f.credits.balanceOf(poster));
    // All credits that exist are the treasury's again, so its positions open whole.
    await f.credits.connect(f.treasury).redeem(2n, (await f.credits.position(2n)).debt);
    const { debt, lock } = await f.credits.position(1n);
    const held = await f.credits.balanceOf(f.treasury);
    const released = await f.credits.connect(f.treasury).redeem.staticCall(1n, held);
    // But for what the shares that are locked for ever keep of the pool.
    expect(debt - held).to.be.lessThanOrEqual(1_000n);
    expect(lock - released).to.be.lessThanOrEqual((1_000n * lock) / debt + 1n);
  });
});
