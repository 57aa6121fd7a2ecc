import { expect } from "chai";
import { ZeroAddress, encodeBytes32String, type BaseContract } from "ethers";

import { NEVER } from "../../../support/dex-fixture.ts";
import { deployGovernanceFixture, type Action, type GovernanceFixture } from "../../../support/governance-fixture.ts";
import { DAY, ORION } from "../../../support/market-fixture.ts";

describe("Governance: every parameter, decided by vote and bounded in code", () => {
  let f: GovernanceFixture;

  before(async () => {
    f = await deployGovernanceFixture();
  });
  afterEach(() => f.reset());

  const call = (target: BaseContract, name: string, ...args: unknown[]): Action => ({
    target,
    data: target.interface.encodeFunctionData(name, args),
  });
  /** A decision that reaches its execution and is refused there. */
  const refused = async (action: Action, by: BaseContract, error: string, ...args: unknown[]): Promise<void> => {
    const execution = expect(f.execute(await f.decided(action))).to.be.revertedWithCustomError(by, error);
    await (args.length > 0 ? execution.withArgs(...args) : execution);
  };

  const BOUNDED = [
    { of: "credits", name: "floor", setter: "setFloor" },
    { of: "credits", name: "cap", setter: "setCap" },
    { of: "credits", name: "bootstrapCap", setter: "setBootstrapCap" },
    { of: "credits", name: "minDepth", setter: "setMinDepth" },
    { of: "market", name: "lowestCollateral", setter: "setLowestCollateral" },
    { of: "market", name: "highestCollateral", setter: "setHighestCollateral" },
    { of: "market", name: "claimCollateral", setter: "setClaimCollateral" },
  ] as const;

  const read = async (name: (typeof BOUNDED)[number]["name"]): Promise<bigint> => {
    const { floor, cap, bootstrapCap, minDepth } = await f.credits.parameters();
    const [lowestCollateral, highestCollateral, claimCollateral] = await f.market.collateralBounds();
    return { floor, cap, bootstrapCap, minDepth, lowestCollateral, highestCollateral, claimCollateral }[name];
  };

  for (const { of, name, setter } of BOUNDED) {
    it(`${of}.${name} moves by a quarter at most and once in seven days`, async () => {
      const [target, value] = [f[of], await read(name)];
      // The way in which the first year lets no parameter go further.
      const isCap = name === "cap" || name === "bootstrapCap";
      const next = isCap ? value - value / 4n : (value * 5n) / 4n;
      const beyond = isCap ? next - 1n : next + 1n;
      const [widest, tooWide] = isCap ? [4n * value, 4n * value + 1n] : [value / 4n, value / 4n - 1n];
      const isEased = isCap || name === "floor";
      // Three days after the deployment.
      await refused(call(target, setter, next), target, "ChangeTooSoon");
      await f.time.increase(7 * DAY);
      await refused(call(target, setter, beyond), target, "ChangeTooLarge", value, beyond);
      await refused(call(target, setter, isEased ? tooWide : value - value / 4n - 1n), target, "ChangeTooLarge");
      if (isEased) {
        const from = await f.timelock.getAddress();
        await target.connect(f.ethers.provider).getFunction(setter).staticCall(widest, { from });
      }
      const decision = f.decide(call(target, setter, next));
      await expect(decision).to.emit(target, "ParameterChanged").withArgs(encodeBytes32String(name), next);
      expect(await read(name)).to.equal(next);
      await refused(call(target, setter, next), target, "ChangeTooSoon");
    });
  }

  for (const contract of ["credits", "market", "dex"] as const) {
    it(`${contract} is paused and resumed`, async () => {
      for (const isPaused of [true, false]) {
        await expect(f.decide(call(f[contract], "setPaused", isPaused)))
          .to.emit(f[contract], "PausedSet")
          .withArgs(isPaused);
        expect(await f[contract].paused()).to.equal(isPaused);
      }
    });
  }

  it("dex: the protocol's part is a sixth of a pool's fees at most", async () => {
    for (const part of [1, 5]) await refused(call(f.dex, "setProtocolPart", f.pool, part), f.dex, "InvalidPart", part);
    const decision = f.decide(call(f.dex, "setProtocolPart", f.pool, 6));
    await expect(decision).to.emit(f.dex, "ProtocolPartSet").withArgs(f.pool, 6);
    expect((await f.dex.trackOf(f.pool)).protocolPart).to.equal(6n);
    await f.decide(call(f.dex, "setProtocolPart", f.pool, 0));
  });

  it("dex: collects the protocol's fees and not a unit more", async () => {
    const [orion, to] = [await f.orion.getAddress(), f.stranger.address];
    await refused(call(f.dex, "collectProtocolFees", orion, to), f.dex, "ZeroAmount");
    await f.decide(call(f.dex, "setProtocolPart", f.pool, 6));
    const hops = [{ tokenOut: await f.credits.getAddress(), fee: 30 }];
    const swap = { tokenIn: orion, hops, amountIn: 6_000n * ORION, minOut: 0n, to: f.treasury, deadline: NEVER };
    await f.dex.connect(f.treasury).swapExactIn(swap);
    const fees = await f.dex.protocolFees(orion);
    expect(fees).to.equal((6_000n * ORION * 30n) / 10_000n / 6n);
    const decision = f.decide(call(f.dex, "collectProtocolFees", orion, to));
    await expect(decision).to.changeTokenBalances(f.ethers, f.orion, [f.dex, f.stranger], [-fees, fees]);
  });

  it("mining: a pool's rate has an immutable most", async () => {
    const most = f.parameters.maxMiningRate;
    await refused(call(f.mining, "setRate", f.pool, most + 1n), f.mining, "RateTooHigh", most + 1n, most);
    await expect(f.decide(call(f.mining, "setRate", f.pool, most)))
      .to.emit(f.mining, "RateSet")
      .withArgs(f.pool, most);
  });

  const SETTINGS = [
    { name: "votingDelay", setter: "setVotingDelay", within: [3_600, 30 * DAY], outside: [3_599, 30 * DAY + 1] },
    { name: "votingPeriod", setter: "setVotingPeriod", within: [DAY, 30 * DAY], outside: [DAY - 1, 30 * DAY + 1] },
    {
      name: "proposalThreshold",
      setter: "setProposalThreshold",
      within: [0n, 10_000_000n * ORION],
      outside: [10_000_000n * ORION + 1n],
    },
    {
      name: "lateQuorumVoteExtension",
      setter: "setLateQuorumVoteExtension",
      within: [3_600, DAY],
      outside: [3_599, DAY + 1],
    },
    { name: "quorumNumerator", setter: "updateQuorumNumerator", within: [1, 6], outside: [0, 21] },
  ] as const;

  const setting = (name: (typeof SETTINGS)[number]["name"]): Promise<bigint> => {
    switch (name) {
      case "votingDelay":
        return f.governor.votingDelay();
      case "votingPeriod":
        return f.governor.votingPeriod();
      case "proposalThreshold":
        return f.governor.proposalThreshold();
      case "lateQuorumVoteExtension":
        return f.governor.lateQuorumVoteExtension();
      case "quorumNumerator":
        return f.governor["quorumNumerator()"]();
    }
  };

  for (const { name, setter, within, outside } of SETTINGS) {
    it(`governor: ${name} stays within its bounds`, async () => {
      for (const value of outside) await refused(call(f.governor, setter, value), f.governor, "SettingOutOfBounds");
      for (const value of within) {
        await f.decide(call(f.governor, setter, value));
        expect(await setting(name)).to.equal(value);
      }
    });
  }

  it("timelock: its delay stays between 2 and 30 days", async () => {
    const [least, longest] = [2 * DAY, 30 * DAY];
    for (const delay of [0, least - 1, longest + 1]) {
      const action = call(f.timelock, "updateDelay", delay);
      await refused(action, f.timelock, "DelayOutOfBounds", delay, least, longest);
    }
    await f.decide(call(f.timelock, "updateDelay", longest));
    expect(await f.timelock.getMinDelay()).to.equal(longest);
    // What is decided now waits as long.
    const decision = await f.decided(call(f.timelock, "updateDelay", least));
    await f.execute(decision);
    expect(await f.timelock.getMinDelay()).to.equal(least);
  });

  it("governor: its timelock is fixed, by vote too", async () => {
    await refused(call(f.governor, "updateTimelock", f.whale.address), f.governor, "TimelockIsFixed");
  });

  it("ownership is handed on by vote and taken by the other side only; its bounds go with it", async () => {
    await f.decide(call(f.mining, "transferOwnership", f.stranger.address));
    expect(await f.mining.owner()).to.equal(f.timelock.target);
    await f.mining.connect(f.stranger).acceptOwnership();
    const most = f.parameters.maxMiningRate;
    await expect(f.mining.connect(f.stranger).setRate(f.pool, most + 1n)).to.be.revertedWithCustomError(
      f.mining,
      "RateTooHigh",
    );
    const late = call(f.mining, "setRate", f.pool, 1n);
    await refused(late, f.mining, "OwnableUnauthorizedAccount", f.timelock.target);
    // A transfer that was decided by mistake is taken back before the other side takes it.
    await f.decide(call(f.market, "transferOwnership", f.stranger.address));
    await f.decide(call(f.market, "transferOwnership", ZeroAddress));
    await expect(f.market.connect(f.stranger).acceptOwnership()).to.be.revertedWithCustomError(
      f.market,
      "OwnableUnauthorizedAccount",
    );
  });

  it("decides about what the treasury gave it: the timelock spends only what it holds", async () => {
    await f.orion.connect(f.treasury).transfer(f.timelock, 100n * ORION);
    const pay = (amount: bigint): Action => call(f.orion, "transfer", f.stranger.address, amount);
    await refused(pay(101n * ORION), f.orion, "ERC20InsufficientBalance");
    const before = await f.orion.balanceOf(f.stranger);
    await f.decide(pay(100n * ORION));
    expect((await f.orion.balanceOf(f.stranger)) - before).to.equal(100n * ORION);
    // Nobody's tokens and shares but its own: there is no approval of anybody to use.
    const take = call(f.orion, "transferFrom", f.treasury.address, f.stranger.address, 1n);
    await refused(take, f.orion, "ERC20InsufficientAllowance");
    const shares = call(f.dex, "transferFrom", f.treasury.address, f.stranger.address, f.pool, 1n);
    await refused(shares, f.dex, "ERC6909InsufficientAllowance");
  });
});
