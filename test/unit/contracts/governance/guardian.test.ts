import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash, id, toBeHex, type BaseContract } from "ethers";

import { loadParameters, NETWORKS } from "@orion/deploy";
import { poolKeyOf, type Terms } from "@orion/protocol/chain";

import { NEVER } from "../../../support/dex-fixture.ts";
import {
  STATE,
  deployGovernanceFixture,
  type Action,
  type GovernanceFixture,
  type Proposal,
} from "../../../support/governance-fixture.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

const PAUSE = 14 * DAY;
const INTERVAL = 45 * DAY;
const HUGE = MaxUint256 >> 128n;

describe("Governance: the guardian", () => {
  let f: GovernanceFixture;
  let guard: GovernanceFixture["whale"];
  let targets: string[];
  let start: Awaited<ReturnType<GovernanceFixture["helpers"]["takeSnapshot"]>>;

  const call = (target: BaseContract, name: string, ...args: unknown[]): Action => ({
    target,
    data: target.interface.encodeFunctionData(name, args),
  });
  const setGuardian = (account: string): Action => call(f.guardian, "setGuardian", account);
  const asGuard = (): GovernanceFixture["guardian"] => f.guardian.connect(guard);
  const saltOf = async ({ hash }: Proposal): Promise<string> =>
    toBeHex((BigInt(await f.governor.getAddress()) << 96n) ^ BigInt(hash), 32);
  const veto = async (p: Proposal, by = guard): ReturnType<GovernanceFixture["guardian"]["veto"]> =>
    f.guardian.connect(by).veto(p.targets, p.values, p.calldatas, ZeroHash, await saltOf(p));
  const mint = (): Promise<unknown> => f.credits.connect(f.treasury).mint(CU, DAY, HUGE, f.treasury);
  const poolKey = async (): Promise<{ token0: string; token1: string; fee: number }> =>
    poolKeyOf(await f.credits.getAddress(), await f.orion.getAddress(), 30);
  const addLiquidity = async (): Promise<unknown> => {
    const amounts = { maxAmount0: CU, maxAmount1: CU, minShares: 0n };
    const deposit = { key: await poolKey(), ...amounts, to: f.treasury, deadline: NEVER };
    return await f.dex.connect(f.treasury).addLiquidity(deposit);
  };
  const paused = async (): Promise<boolean[]> =>
    await Promise.all([f.market.paused(), f.credits.paused(), f.dex.paused()]);

  before(async () => {
    f = await deployGovernanceFixture();
    guard = (await f.ethers.getSigners())[10]!;
    targets = await Promise.all([f.market, f.credits, f.dex].map((target) => target.getAddress()));
    await f.decide(setGuardian(guard.address));
    start = await f.helpers.takeSnapshot();
  });
  afterEach(() => start.restore());

  describe("is set by vote alone", () => {
    it("who was decided, until another one is, or nobody", async () => {
      expect(await f.guardian.guardian()).to.equal(guard.address);
      await expect(f.guardian.connect(f.stranger).pause(targets))
        .to.be.revertedWithCustomError(f.guardian, "NotGuardian")
        .withArgs(f.stranger.address);
      await expect(f.decide(setGuardian(f.stranger.address)))
        .to.emit(f.guardian, "GuardianSet")
        .withArgs(f.stranger.address);
      await expect(asGuard().pause(targets)).to.be.revertedWithCustomError(f.guardian, "NotGuardian");
      await f.decide(setGuardian(ZeroAddress));
      await expect(f.guardian.connect(f.stranger).pause(targets)).to.be.revertedWithCustomError(
        f.guardian,
        "NotGuardian",
      );
    });

    it("neither by itself, nor by the treasury or the deployer", async () => {
      for (const caller of [guard, f.treasury, f.stranger]) {
        await expect(f.guardian.connect(caller).setGuardian(caller))
          .to.be.revertedWithCustomError(f.guardian, "NotTimelock")
          .withArgs(caller.address);
      }
    });

    it("moves and governs nothing: every other right of an owner is refused to it and to its contract", async () => {
      const contract = await f.guardian.getAddress();
      await f.helpers.impersonateAccount(contract);
      await f.helpers.setBalance(contract, ORION);
      for (const caller of [guard, await f.ethers.getSigner(contract)]) {
        const calls = [
          () => f.market.connect(caller).setPaused(true),
          () => f.credits.connect(caller).setPaused(false),
          () => f.credits.connect(caller).setFloor(1n),
          () => f.dex.connect(caller).collectProtocolFees(f.orion, caller),
          () => f.mining.connect(caller).setRate(f.pool, 1n),
          () => f.market.connect(caller).transferOwnership(caller),
        ];
        for (const each of calls) {
          await expect(each()).to.be.revertedWithCustomError(f.market, "OwnableUnauthorizedAccount");
        }
        const schedule = f.timelock.connect(caller).schedule(f.market, 0n, "0x", ZeroHash, ZeroHash, 2 * DAY);
        await expect(schedule).to.be.revertedWithCustomError(f.timelock, "AccessControlUnauthorizedAccount");
      }
      // The guardian itself has no way past its contract.
      const far = (await f.time.latest()) + 1_000 * DAY;
      for (const caller of [guard, f.stranger, f.treasury]) {
        for (const target of [f.market, f.credits, f.dex]) {
          await expect(target.connect(caller).pauseUntil(far)).to.be.revertedWithCustomError(target, "NotGuardian");
        }
        await expect(f.timelock.connect(caller).cancel(ZeroHash)).to.be.revertedWithCustomError(
          f.timelock,
          "AccessControlUnauthorizedAccount",
        );
      }
    });
  });

  describe("pauses", () => {
    it("posts, claims, mints and deposits for fourteen days, which end by themselves; every exit stays open", async () => {
      const shares = (await f.dex.balanceOf(f.treasury, f.pool)) / 4n;
      await f.orion.connect(f.whale).approve(f.registry, MaxUint256);
      await f.registry.connect(f.whale).stake(f.whale, f.market, ORION);
      await mint();
      const position = await f.credits.positions();
      const done = await asGuard().pause(targets);
      const { timestamp } = (await done.getBlock()) ?? { timestamp: 0 };
      const until = timestamp + PAUSE;
      for (const target of [f.market, f.credits, f.dex]) {
        await expect(done).to.emit(target, "PausedByGuardian").withArgs(until);
        await expect(done).to.emit(f.guardian, "Paused").withArgs(guard.address, target.target, until);
        expect(await target.pausedUntil()).to.equal(until);
      }
      expect(await paused()).to.deep.equal([true, true, true]);
      await expect(mint()).to.be.revertedWithCustomError(f.credits, "MintingPaused");
      await expect(addLiquidity()).to.be.revertedWithCustomError(f.dex, "LiquidityPaused");
      await expect(f.market.connect(f.stranger).claim(terms(), [0])).to.be.revertedWithCustomError(
        f.market,
        "MarketPaused",
      );
      await expect(f.market.connect(f.small).postJob(terms())).to.be.revertedWithCustomError(f.market, "MarketPaused");
      await f.registry.connect(f.whale).withdraw(f.market, ORION, f.whale);
      await f.credits.connect(f.treasury).roll(position, 8 * DAY, HUGE);
      await f.credits.connect(f.treasury).redeem(position, CU);
      const removal = { key: await poolKey(), shares, minAmount0: 0n, minAmount1: 0n, to: f.treasury };
      await f.dex.connect(f.treasury).removeLiquidity({ ...removal, deadline: NEVER });

      await f.time.setNextBlockTimestamp(until - 1);
      await expect(mint()).to.be.revertedWithCustomError(f.credits, "MintingPaused");
      await f.time.setNextBlockTimestamp(until);
      await mint();
      await addLiquidity();
      expect(await paused()).to.deep.equal([false, false, false]);
    });

    it("not again within forty-five days of the beginning of its last pause, by whoever is the guardian then", async () => {
      await asGuard().pause([targets[0]!]);
      const began = await f.time.latest();
      await f.decide(setGuardian(f.stranger.address));
      await f.time.setNextBlockTimestamp(began + PAUSE);
      await expect(f.guardian.connect(f.stranger).pause([targets[1]!]))
        .to.be.revertedWithCustomError(f.guardian, "PausedRecently")
        .withArgs(began + INTERVAL);
      await f.time.setNextBlockTimestamp(began + INTERVAL - 1);
      const early = f.guardian.connect(f.stranger).pause(targets);
      await expect(early).to.be.revertedWithCustomError(f.guardian, "PausedRecently");
      await f.time.setNextBlockTimestamp(began + INTERVAL);
      await f.guardian.connect(f.stranger).pause(targets);
      expect(await f.market.pausedUntil()).to.equal(began + INTERVAL + PAUSE);
    });

    it("further contracts may follow, and end with the first; none of them twice", async () => {
      await asGuard().pause([targets[0]!]);
      const began = await f.time.latest();
      await f.time.increase(10 * DAY);
      await asGuard().pause([targets[1]!]);
      expect(await f.credits.pausedUntil()).to.equal(began + PAUSE);
      expect(await f.guardian.isPaused(targets[1]!)).to.equal(true);
      expect(await f.guardian.isPaused(targets[2]!)).to.equal(false);
      for (const twice of [[targets[0]!], [targets[2]!, targets[2]!]]) {
        await expect(asGuard().pause(twice)).to.be.revertedWithCustomError(f.guardian, "AlreadyPaused");
      }
      await expect(asGuard().pause([])).to.be.revertedWithCustomError(f.guardian, "NothingToPause");
    });

    it("a vote ends it earlier, for good, and a vote's own pause outlasts it", async () => {
      const resume = await f.decided(call(f.market, "setPaused", false), call(f.credits, "setPaused", true));
      await asGuard().pause(targets);
      await f.execute(resume);
      expect(await paused()).to.deep.equal([false, true, true]);
      expect(await f.market.pausedUntil()).to.equal(0n);
      await expect(asGuard().pause([targets[0]!])).to.be.revertedWithCustomError(f.guardian, "AlreadyPaused");
      await f.time.increase(PAUSE);
      expect(await paused()).to.deep.equal([false, true, false]);
      await f.decide(call(f.credits, "setPaused", false));
      expect(await paused()).to.deep.equal([false, false, false]);
    });

    it("only what the timelock owns: the guardian follows the owner, and an account or nobody has none", async () => {
      await f.decide(call(f.market, "transferOwnership", f.stranger.address), call(f.dex, "renounceOwnership"));
      await f.market.connect(f.stranger).acceptOwnership();
      for (const target of [targets[0]!, targets[2]!]) await expect(asGuard().pause([target])).to.be.revert(f.ethers);
      await asGuard().pause([targets[1]!]);
      expect(await paused()).to.deep.equal([false, true, false]);
    });
  });

  for (const name of NETWORKS) {
    it(`a pause lasts until voters can have decided what follows it, with ${name} parameters`, async () => {
      const { votingDelay, votingPeriod, lateQuorumExtension, timelockDelay } = (await loadParameters(name)).Orion;
      expect(votingDelay + votingPeriod + lateQuorumExtension + timelockDelay).to.be.lessThan(PAUSE);
    });
  }

  describe("cancels what waits in the timelock", () => {
    let action: Action;

    beforeEach(() => {
      action = call(f.mining, "setRate", f.pool, 5n);
    });

    it("the same operation once, whatever its text is then", async () => {
      const proposal = await f.decided(action);
      const { targets: on, values, calldatas } = proposal;
      const hash = await f.guardian.hashAction(on, values, calldatas);
      const operation = await f.timelock.hashOperationBatch(on, values, calldatas, ZeroHash, await saltOf(proposal));
      await expect(veto(proposal)).to.emit(f.guardian, "OperationVetoed").withArgs(guard.address, operation, hash);
      expect(await f.governor.state(proposal.id)).to.equal(STATE.canceled);
      await expect(f.execute(proposal)).to.be.revertedWithCustomError(f.governor, "GovernorUnexpectedProposalState");
      expect(await f.guardian.vetoed(hash)).to.equal(true);
      const again = await f.decided(action);
      expect(again.hash).to.not.equal(proposal.hash);
      await expect(veto(again)).to.be.revertedWithCustomError(f.guardian, "VetoedBefore").withArgs(hash);
      await f.execute(again);
      expect((await f.mining.farm(f.pool)).rate).to.equal(5n);
    });

    it("only what waits: not what is not queued, done, or somebody else's to cancel", async () => {
      const proposal = await f.propose([action], f.minor);
      await expect(veto(proposal)).to.be.revertedWithCustomError(f.timelock, "TimelockUnexpectedOperationState");
      const hash = await f.guardian.hashAction(proposal.targets, proposal.values, proposal.calldatas);
      // A refused attempt uses nothing up.
      expect(await f.guardian.vetoed(hash)).to.equal(false);
      const decided = await f.decided(call(f.mining, "setRate", f.pool, 6n));
      await expect(veto(decided, f.stranger)).to.be.revertedWithCustomError(f.guardian, "NotGuardian");
      await f.execute(decided);
      await expect(veto(decided)).to.be.revertedWithCustomError(f.timelock, "TimelockUnexpectedOperationState");
    });

    it("never what only sets the guardian, so that it cannot hold up its own removal", async () => {
      for (const removal of [[setGuardian(ZeroAddress)], [setGuardian(f.stranger.address), setGuardian(ZeroAddress)]]) {
        const proposal = await f.decided(...removal);
        await expect(veto(proposal)).to.be.revertedWithCustomError(f.guardian, "OnlySetsGuardian");
        await f.execute(proposal);
        expect(await f.guardian.guardian()).to.equal(ZeroAddress);
        await start.restore();
      }
    });

    it("what sets the guardian beside something else is cancelled once, and its removal alone follows", async () => {
      const both = [setGuardian(ZeroAddress), action];
      await veto(await f.decided(...both));
      const again = await f.decided(...both);
      await expect(veto(again)).to.be.revertedWithCustomError(f.guardian, "VetoedBefore");
      await f.execute(again);
      expect(await f.guardian.guardian()).to.equal(ZeroAddress);
    });

    it("a call that only looks like setting the guardian is an ordinary one", async () => {
      const { data } = setGuardian(ZeroAddress);
      const posing = await f.decided({ target: f.market, data });
      await expect(veto(posing)).to.emit(f.guardian, "OperationVetoed");
      const other = await f.decided(call(f.guardian, "pause", targets));
      await expect(veto(other)).to.emit(f.guardian, "OperationVetoed");
    });

    it("its right to cancel is revoked by vote like any other, after one veto at most", async () => {
      const revoke = call(f.timelock, "revokeRole", await f.timelock.CANCELLER_ROLE(), f.guardian.target);
      await veto(await f.decided(revoke));
      const again = await f.decided(revoke);
      await expect(veto(again)).to.be.revertedWithCustomError(f.guardian, "VetoedBefore");
      await f.execute(again);
      const later = await f.decided(action);
      await expect(veto(later)).to.be.revertedWithCustomError(f.timelock, "AccessControlUnauthorizedAccount");
    });
  });

  const terms = (): Terms => ({
    ...{ poster: f.small.address, salt: id("salt"), programRoot: id("program"), dataset: id("dataset") },
    ...{
      inputsRoot: id("inputs"),
      challengers: ZeroHash,
      rows: 8n,
      shards: 1,
      shardsPerClaim: 1,
      workPerShard: CU,
      pricePerShard: CU,
    },
    ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 10n * ORION, options: 0 },
  });
});
