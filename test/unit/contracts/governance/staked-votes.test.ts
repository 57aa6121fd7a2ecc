import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import type { FlashStaker } from "../../../../protocol/chain/generated/mocks/FlashStaker.js";
import { STATE, VOTE, deployGovernanceFixture, type GovernanceFixture } from "../../../support/governance-fixture.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

const HUGE = MaxUint256 >> 128n;
const MILLION = 1_000_000n * ORION;

describe("Governance: ORION in custody votes through its owner (gov)", () => {
  let f: GovernanceFixture;
  let provider: GovernanceFixture["whale"];
  let other: GovernanceFixture["whale"];
  /** An account in a market's place. */
  let market: GovernanceFixture["whale"];

  before(async () => {
    f = await deployGovernanceFixture();
    const signers = await f.ethers.getSigners();
    [provider, other, market] = [signers[10]!, signers[11]!, signers[12]!];
    await f.orion.connect(f.treasury).transfer(provider, 60n * MILLION);
    for (const holder of [f.registry, f.credits]) await f.orion.connect(provider).approve(holder, MaxUint256);
    start = await f.helpers.takeSnapshot();
  });
  let start: Awaited<ReturnType<GovernanceFixture["helpers"]["takeSnapshot"]>>;
  afterEach(() => start.restore());

  /** Second of the last block, over. */
  const now = async (): Promise<number> => {
    const latest = await f.time.latest();
    await f.time.increase(1);
    return latest;
  };
  const votesOf = async (account: { address: string }): Promise<bigint> =>
    await f.governor.getVotes(account.address, await now());
  const action = (): { target: GovernanceFixture["mining"]; data: string } => ({
    target: f.mining,
    data: f.mining.interface.encodeFunctionData("setRate", [f.pool, 1n]),
  });

  it("a provider that staked all that it has proposes, votes and decides, with nothing delegated", async () => {
    await f.registry.connect(provider).stake(provider, f.market, 60n * MILLION);
    expect(await f.orion.getVotes(provider)).to.equal(0n);
    expect(await votesOf(provider)).to.equal(60n * MILLION);
    const proposal = await f.propose([action()], provider);
    await f.toVote();
    await f.governor.connect(provider).castVote(proposal.id, VOTE.for);
    expect((await f.governor.proposalVotes(proposal.id)).forVotes).to.equal(60n * MILLION);
    await f.toEnd();
    expect(await f.governor.state(proposal.id)).to.equal(STATE.succeeded);
  });

  it("stake votes at every market together, from the second after it comes to the second in which it goes", async () => {
    await f.registry.connect(provider).stake(provider, f.market, 3n * ORION);
    const first = await f.time.latest();
    await f.registry.connect(provider).stake(provider, market, 4n * ORION);
    const second = await f.time.latest();
    await f.registry.connect(provider).withdraw(f.market, ORION, other);
    const third = await now();
    const votes = await Promise.all(
      [first - 1, first, second, third].map((at) => f.registry.getPastVotes(provider, at)),
    );
    expect(votes).to.deep.equal([0n, 3n * ORION, 7n * ORION, 6n * ORION]);
    expect(await f.registry.getVotes(provider)).to.equal(6n * ORION);
    const latest = await f.time.latest();
    await expect(f.registry.getPastVotes(provider, latest + 100)).to.be.revertedWithCustomError(
      f.registry,
      "FutureLookup",
    );
  });

  it("somebody else's payment votes for the provider, not for the payer", async () => {
    await f.registry.connect(provider).stake(other, f.market, ORION);
    expect([await votesOf(provider), await votesOf(other)]).to.deep.equal([0n, ORION]);
  });

  it("a lock changes nothing and writes nothing; a slash takes only what it takes", async () => {
    await f.registry.connect(provider).stake(provider, market, 10n * ORION);
    await f.registry.connect(provider).authorise(market, true);
    const asMarket = f.registry.connect(market);
    await asMarket.lock(provider, 8n * ORION, 3);
    expect(await votesOf(provider)).to.equal(10n * ORION);
    await asMarket.unlock(provider, 2n * ORION);
    expect(await votesOf(provider)).to.equal(10n * ORION);
    const parties = { poster: other, finder: other, reserve: other };
    const split = { burned: ORION, toPoster: ORION / 2n, toFinder: ORION / 8n, toReserve: ORION / 8n, ...parties };
    await asMarket.slash(provider, 4n * ORION, split);
    expect(await votesOf(provider)).to.equal((10n * ORION * 4n - 7n * ORION) / 4n);
    expect(await votesOf(other)).to.equal(0n);
    const nothing = { burned: 0n, toPoster: 0n, toFinder: 0n, toReserve: 0n, ...parties };
    await asMarket.slash(provider, 2n * ORION, nothing);
    const { free, locked } = await f.registry.account(provider, market);
    expect(await votesOf(provider)).to.equal(free + locked);
  });

  it("the lock of a position votes through its owner: minted, topped up, handed on, redeemed, delivered", async () => {
    const credits = f.credits.connect(provider);
    await credits.mint(100n * CU, 10 * DAY, HUGE, provider);
    const id = await f.credits.positions();
    const lock = async (): Promise<bigint> => (await f.credits.position(id)).lock;
    expect(await lock()).to.be.greaterThan(0n);
    expect(await votesOf(provider)).to.equal(await lock());
    // The price went up, so a roll of anybody tops the lock up; its payer gets no votes for it.
    await f.time.increase(7 * DAY);
    await f.decide({
      target: f.credits,
      data: f.credits.interface.encodeFunctionData("setFloor", [(f.parameters.creditsFloor * 5n) / 4n]),
    });
    const before = await lock();
    await f.orion.connect(provider).transfer(other, 1_000n * ORION);
    await f.orion.connect(other).approve(f.credits, MaxUint256);
    await f.credits.connect(other).roll(id, 20 * DAY, HUGE);
    expect(await lock()).to.be.greaterThan(before);
    expect([await votesOf(provider), await votesOf(other)]).to.deep.equal([await lock(), 0n]);
    await credits.redeem(id, 10n * CU);
    expect(await votesOf(provider)).to.equal(await lock());
    await credits.transferPosition(id, other);
    expect([await votesOf(provider), await votesOf(other)]).to.deep.equal([0n, await lock()]);
    await f.credits.connect(other).transferPosition(id, other);
    expect(await votesOf(other)).to.equal(await lock());
    await f.time.increase(31 * DAY);
    await credits.deliver(id, 40n * CU);
    expect(await votesOf(other)).to.equal(await lock());
    await credits.deliver(id, 50n * CU);
    expect([await lock(), await votesOf(other), await votesOf(provider)]).to.deep.equal([0n, 0n, 0n]);
  });

  it("delegated ORION, stake and lock add up, and no wei is in two of them", async () => {
    await f.orion.connect(provider).delegate(provider);
    await f.registry.connect(provider).stake(provider, f.market, 5n * MILLION);
    const [{ lock, fee }, supply] = [await f.credits.quoteMint(CU, DAY), await f.orion.totalSupply()];
    await f.credits.connect(provider).mint(CU, DAY, HUGE, provider);
    // The fee of the mint burns, and with it its votes; nothing else is lost.
    expect(fee).to.be.greaterThan(0n);
    expect(supply - (await f.orion.totalSupply())).to.equal(fee);
    expect(await votesOf(provider)).to.equal(60n * MILLION - fee);
    expect(await f.orion.getVotes(provider)).to.equal(55n * MILLION - lock - fee);
    expect(await f.registry.getVotes(provider)).to.equal(5n * MILLION);
    expect(await f.credits.getVotes(provider)).to.equal(lock);
  });

  it("the contracts that hold ORION delegate to nobody, so what they hold has no votes of its own", async () => {
    await f.registry.connect(provider).stake(provider, f.market, ORION);
    for (const holder of [f.registry, f.credits, f.dex, f.mining, f.market]) {
      expect(await f.orion.delegates(holder)).to.equal(ZeroAddress);
      expect(await f.orion.getVotes(holder)).to.equal(0n);
      // No call of theirs leads to the token's delegate function.
      expect(holder.interface.hasFunction("delegate") || holder.interface.hasFunction("execute")).to.equal(false);
    }
  });

  it("the quorum stays a share of all ORION, wherever it is", async () => {
    const at = await now();
    await f.registry.connect(provider).stake(provider, f.market, 60n * MILLION);
    expect(await f.governor.quorum(await now())).to.equal(await f.governor.quorum(at));
  });

  describe("a stake of one transaction counts for nothing", () => {
    let flash: FlashStaker;
    const LOAN = 500n * MILLION;

    beforeEach(async () => {
      flash = await f.ethers.deployContract("FlashStaker");
      await f.orion.connect(f.treasury).approve(flash, MaxUint256);
    });

    const attempt = async (call: string): Promise<boolean> => {
      await flash.attempt(f.orion, f.registry, f.treasury, LOAN, f.governor, call);
      expect(await flash.votes()).to.equal(LOAN);
      return await flash.succeeded();
    };

    it("to propose", async () => {
      const data = f.mining.interface.encodeFunctionData("setRate", [f.pool, 1n]);
      const target = await f.mining.getAddress();
      const call = f.governor.interface.encodeFunctionData("propose", [[target], [0n], [data], "loaned stake"]);
      expect(await attempt(call)).to.equal(false);
    });

    it("to vote, in the very second of the snapshot or after it", async () => {
      const proposal = await f.propose([action()]);
      const call = f.governor.interface.encodeFunctionData("castVote", [proposal.id, VOTE.for]);
      const snapshot = await f.governor.proposalSnapshot(proposal.id);
      await f.time.setNextBlockTimestamp(snapshot);
      expect(await attempt(call)).to.equal(false);
      await f.time.setNextBlockTimestamp(snapshot + 1n);
      // It may vote, with nothing.
      expect(await attempt(call)).to.equal(true);
      expect((await f.governor.proposalVotes(proposal.id)).forVotes).to.equal(0n);
    });
  });
});
