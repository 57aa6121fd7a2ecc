import { expect } from "chai";
import { ZeroAddress, ZeroHash, toBeHex } from "ethers";

import { deployGovernanceFixture, type GovernanceFixture } from "../../../support/governance-fixture.ts";
import { DAY } from "../../../support/market-fixture.ts";

const POP_OF_AN_EMPTY_QUEUE = 0x31;

describe("Governance: who may do what", () => {
  let f: GovernanceFixture;

  before(async () => {
    f = await deployGovernanceFixture();
  });
  afterEach(() => f.reset());

  it("everything with an owner is owned by the timelock, and nobody waits to take it over", async () => {
    const owned = Object.keys(f.deployed).filter((name) => f.deployed[name]?.interface.hasFunction("owner"));
    expect(owned).to.have.members(["credits", "dex", "market", "mining"]);
    for (const contract of [f.credits, f.dex, f.market, f.mining]) {
      expect(await contract.owner()).to.equal(f.timelock.target);
      expect(await contract.pendingOwner()).to.equal(ZeroAddress);
    }
    expect(await f.governor.timelock()).to.equal(f.timelock.target);
    expect(await f.governor.token()).to.equal(f.orion.target);
    expect(await f.governor.REGISTRY()).to.equal(f.registry.target);
    expect(await f.governor.credits()).to.equal(f.credits.target);
    expect(await f.timelock.GUARDIAN()).to.equal(f.guardian.target);
    expect(await f.guardian.TIMELOCK()).to.equal(f.timelock.target);
    expect(await f.guardian.guardian()).to.equal(ZeroAddress);
  });

  it("in the timelock the governor alone proposes, it and the guardian cancel, anyone executes, and nobody but itself administers", async () => {
    const { timelock, governor } = f;
    const granted = await timelock.queryFilter(timelock.filters.RoleGranted(), 0, "latest");
    const rights = granted.map(({ args }) => [args.role, args.account]);
    expect(rights).to.have.deep.members([
      [await timelock.DEFAULT_ADMIN_ROLE(), timelock.target],
      [await timelock.PROPOSER_ROLE(), governor.target],
      [await timelock.CANCELLER_ROLE(), governor.target],
      [await timelock.CANCELLER_ROLE(), f.guardian.target],
      [await timelock.EXECUTOR_ROLE(), ZeroAddress],
    ]);
  });

  it("nobody schedules, cancels, grants or moves the delay past the governor", async () => {
    const { timelock } = f;
    for (const caller of [f.treasury, f.whale, f.stranger]) {
      const mine = timelock.connect(caller);
      const schedule = mine.schedule(f.market, 0n, "0x", ZeroHash, ZeroHash, 2 * DAY);
      await expect(schedule).to.be.revertedWithCustomError(timelock, "AccessControlUnauthorizedAccount");
      await expect(mine.cancel(ZeroHash)).to.be.revertedWithCustomError(timelock, "AccessControlUnauthorizedAccount");
      const grant = mine.grantRole(await timelock.PROPOSER_ROLE(), caller);
      await expect(grant).to.be.revertedWithCustomError(timelock, "AccessControlUnauthorizedAccount");
      await expect(mine.updateDelay(3 * DAY)).to.be.revertedWithCustomError(timelock, "TimelockUnauthorizedCaller");
    }
  });

  it("nobody calls what is governed, the treasury, the deployer and the governor itself included", async () => {
    const governor = await f.governor.getAddress();
    await f.helpers.impersonateAccount(governor);
    // The governor takes no coin, so it is given some for gas.
    await f.helpers.setBalance(governor, 10n ** 18n);
    const callers = [f.treasury, f.whale, f.stranger, await f.ethers.getSigner(governor)];
    for (const caller of callers) {
      const [credits, dex] = [f.credits.connect(caller), f.dex.connect(caller)];
      const [market, mining] = [f.market.connect(caller), f.mining.connect(caller)];
      const calls = [
        () => credits.setFloor(1n),
        () => credits.setCap(1n),
        () => credits.setBootstrapCap(1n),
        () => credits.setMinDepth(1n),
        () => credits.setPaused(true),
        () => credits.transferOwnership(caller),
        () => market.setLowestCollateral(1n),
        () => market.setHighestCollateral(f.parameters.highestCollateral),
        () => market.setClaimCollateral(1n),
        () => market.setPaused(true),
        () => market.transferOwnership(caller),
        () => dex.setProtocolPart(f.pool, 6n),
        () => dex.collectProtocolFees(f.orion, caller),
        () => dex.setPaused(true),
        () => dex.transferOwnership(caller),
        () => mining.setRate(f.pool, 1n),
        () => mining.transferOwnership(caller),
        () => mining.renounceOwnership(),
      ];
      for (const call of calls) {
        await expect(call())
          .to.be.revertedWithCustomError(f.market, "OwnableUnauthorizedAccount")
          .withArgs(caller.address);
      }
      await expect(mining.acceptOwnership()).to.be.revertedWithCustomError(f.market, "OwnableUnauthorizedAccount");
    }
  });

  it("nobody changes the governor's settings or makes calls in its name", async () => {
    for (const caller of [f.treasury, f.whale, f.stranger]) {
      const governor = f.governor.connect(caller);
      const calls = [
        () => governor.setVotingDelay(DAY),
        () => governor.setVotingPeriod(DAY),
        () => governor.setProposalThreshold(1n),
        () => governor.updateQuorumNumerator(5n),
        () => governor.setLateQuorumVoteExtension(7_200n),
        () => governor.relay(f.orion, 0n, f.orion.interface.encodeFunctionData("transfer", [caller.address, 1n])),
      ];
      for (const call of calls) {
        await expect(call()).to.be.revertedWithCustomError(f.governor, "GovernorOnlyExecutor").withArgs(caller.address);
      }
      await expect(governor.updateTimelock(caller)).to.be.revertedWithCustomError(f.governor, "TimelockIsFixed");
    }
  });

  it("the credits whose locks vote are named once, by the deployer or by a decision, never by anybody else", async () => {
    const { governor, orion, registry, ethers } = f;
    const again = governor.connect(f.treasury).nameCredits(f.orion);
    await expect(again).to.be.revertedWithCustomError(governor, "CreditsAreNamed").withArgs(f.credits.target);
    // The same again changes nothing, so that an interrupted deployment can be resumed.
    await expect(governor.connect(f.treasury).nameCredits(f.credits)).to.not.emit(governor, "CreditsNamed");
    const args = [orion, registry, 3600, DAY, 3600, 1n, 4, 2 * DAY];
    const fresh = await ethers.deployContract("OrionGovernor", args);
    const stranger = fresh.connect(f.stranger).nameCredits(f.credits);
    await expect(stranger).to.be.revertedWithCustomError(fresh, "NotDeployer").withArgs(f.stranger.address);
    await expect(fresh.nameCredits(f.credits)).to.emit(fresh, "CreditsNamed").withArgs(f.credits.target);
  });

  it("a decision about the governor runs only through the governor, not past it at the timelock", async () => {
    const data = f.governor.interface.encodeFunctionData("setProposalThreshold", [1n]);
    const { targets, values, calldatas, hash } = await f.decided({ target: f.governor, data });
    const salt = toBeHex((BigInt(await f.governor.getAddress()) << 96n) ^ BigInt(hash), 32);
    const operation = await f.timelock.hashOperationBatch(targets, values, calldatas, ZeroHash, salt);
    expect(await f.timelock.isOperationReady(operation)).to.equal(true);
    const past = f.timelock.connect(f.stranger).executeBatch(targets, values, calldatas, ZeroHash, salt);
    await expect(past).to.be.revertedWithPanic(POP_OF_AN_EMPTY_QUEUE);
    await f.governor.connect(f.stranger).execute(targets, values, calldatas, hash);
    expect(await f.governor.proposalThreshold()).to.equal(1n);
  });

  it("the timelock's delay and the governor's settings are bounded from the start", async () => {
    const { orion, ethers } = f;
    const governor = (
      delay: number,
      period: number,
      threshold: bigint,
      quorum: number,
      wait: number,
      extension = 3600,
    ): Promise<unknown> =>
      ethers.deployContract("OrionGovernor", [
        ...[orion, f.registry, delay, period, extension, threshold, quorum, wait],
      ]);
    const refused = async (deploying: Promise<unknown>): Promise<void> => {
      await expect(deploying).to.be.revertedWithCustomError(f.governor, "SettingOutOfBounds");
    };
    const most = await f.governor.HIGHEST_THRESHOLD();
    await refused(governor(3599, DAY, 1n, 4, 2 * DAY));
    await refused(governor(3600, DAY - 1, 1n, 4, 2 * DAY));
    await refused(governor(3600, 31 * DAY, 1n, 4, 2 * DAY));
    await refused(governor(3600, DAY, most + 1n, 4, 2 * DAY));
    await refused(governor(3600, DAY, 1n, 0, 2 * DAY));
    await refused(governor(3600, DAY, 1n, 21, 2 * DAY));
    for (const extension of [3599, DAY + 1]) await refused(governor(3600, DAY, 1n, 4, 2 * DAY, extension));
    for (const wait of [0, 2 * DAY - 1, 30 * DAY + 1]) {
      await expect(governor(3600, DAY, 1n, 4, wait)).to.be.revertedWithCustomError(f.timelock, "DelayOutOfBounds");
    }
    await governor(3600, DAY, most, 1, 2 * DAY);
    await governor(30 * DAY, 30 * DAY, 0n, 20, 30 * DAY);
  });
});
