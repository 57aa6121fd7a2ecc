import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { CU, DAY, ORION, deployMarketFixture, type MarketFixture } from "../../../../support/market-fixture.ts";
import { FALL, marketSteps, type MarketSteps } from "../../../../support/market-steps.ts";

const MAX_UINT128 = 2n ** 128n - 1n;
const DEBT = 1_000n * CU;

/**
 * One party is minter, poster, keeper, worker and finder at once: it pays its own job with credits it minted, and has its own stake slashed for a wrong
 * claim. What could it get out that it did not put in?
 */
describe("Attack: slashing oneself against one's own credits", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  /** Minter and poster; the keeper, the worker and the finder are its too. */
  let party: HardhatEthersSigner;
  let worker: HardhatEthersSigner;
  let id: bigint;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
    party = f.poster;
    [worker] = f.workers;
  });
  beforeEach(async () => {
    await f.orion.transfer(party, 10_000n * ORION);
    await f.orion.connect(party).approve(f.credits, MAX_UINT128);
    await f.credits.connect(party).mint(DEBT, 10 * DAY, MAX_UINT128, party);
    id = await f.credits.positions();
  });
  afterEach(() => f.reset());

  /** ORION of all its accounts: in hand, staked, and locked for its own position. */
  const orionOfAll = async (): Promise<bigint> => {
    const { free, locked } = await f.registry.account(worker, f.market);
    let sum = free + locked;
    for (const who of [party, worker, f.keeper, f.stranger]) sum += await f.orion.balanceOf(who);
    return sum + (await f.credits.position(id)).lock;
  };
  const creditsOfAll = async (): Promise<bigint> => {
    let sum = await f.credits.balanceOf(f.market);
    for (const who of [party, worker, f.keeper, f.stranger]) sum += await f.credits.balanceOf(who);
    return sum;
  };

  it("burns 30% of each lock and touches no position: what it gets is less than what it loses, every time", async () => {
    const position = await f.credits.position(id);
    const collateral = 20n * ORION;
    for (let round = 0; round < 3; round += 1) {
      const [orion, credits] = [await orionOfAll(), await creditsOfAll()];
      const job = await steps.post({ collateralPerClaim: collateral });
      await steps.work(job, worker);
      await steps.judge(job, worker, { fallen: FALL.proof, prover: f.stranger.address });
      await steps.settle(job);
      await steps.cancel(job);
      expect(orion - (await orionOfAll())).to.equal((collateral * 3n) / 10n);
      expect(await creditsOfAll()).to.equal(credits);
      expect(await f.credits.position(id)).to.deep.equal(position);
    }
  });

  it("burns more when the finder does not show itself, and at least half of what a missed deadline costs", async () => {
    const orion = await orionOfAll();
    const collateral = 20n * ORION;
    const silent = await steps.post({ collateralPerClaim: collateral });
    await steps.work(silent, worker);
    await steps.judge(silent, worker, { fallen: FALL.proof });
    await steps.settle(silent);
    expect(orion - (await orionOfAll())).to.equal((collateral * 65n) / 100n);
    const late = await steps.post({ collateralPerClaim: collateral });
    await steps.claim(late, worker);
    await steps.passClaimPeriod();
    await steps.expire(late);
    const penalty = (collateral * 15n) / 100n;
    expect(orion - (await orionOfAll())).to.equal((collateral * 65n) / 100n + penalty / 2n);
  });

  it("takes its collateral out only against the credits themselves, also those that its own job paid", async () => {
    const before = await f.orion.balanceOf(party);
    const { lock } = await f.credits.position(id);
    const spare = (await f.credits.balanceOf(party)) - DEBT;
    await f.credits.connect(party).transfer(f.owner, spare);
    const job = await steps.post();
    await expect(f.credits.connect(party).redeem(id, DEBT)).to.be.revertedWithCustomError(
      f.credits,
      "ERC20InsufficientBalance",
    );
    await steps.work(job, worker);
    await steps.passWindow();
    await steps.settle(job);
    // Pay and fee went round in a circle; nothing was made on the way.
    await f.credits.connect(worker).transfer(party, await f.credits.balanceOf(worker));
    await f.credits.connect(f.keeper).transfer(party, await f.credits.balanceOf(f.keeper));
    expect(await f.credits.balanceOf(party)).to.equal(DEBT);
    await f.credits.connect(party).redeem(id, DEBT);
    expect((await f.orion.balanceOf(party)) - before).to.equal(lock);
  });

  it("never pays a slash from credits' collateral: registry and credits hold their own, to the wei", async () => {
    const [held, locked] = [await f.orion.balanceOf(f.credits), await f.credits.totalLocked()];
    const staked = await f.orion.balanceOf(f.registry);
    const job = await steps.post({ collateralPerClaim: 20n * ORION });
    await steps.work(job, worker);
    await steps.judge(job, worker, { fallen: FALL.proof, prover: f.stranger.address });
    await steps.settle(job);
    expect(await f.orion.balanceOf(f.credits)).to.equal(held);
    expect(await f.credits.totalLocked()).to.equal(locked);
    expect(staked - (await f.orion.balanceOf(f.registry))).to.equal(20n * ORION);
  });
});
