import { expect } from "chai";
import { ZeroHash, toBeHex } from "ethers";

import type { FlashVoter } from "../../../../protocol/chain/generated/mocks/FlashVoter.js";
import {
  STATE,
  VOTE,
  deployGovernanceFixture,
  type Action,
  type GovernanceFixture,
  type Proposal,
} from "../../../support/governance-fixture.ts";
import { DAY } from "../../../support/market-fixture.ts";

const RATE = 10n ** 15n;

describe("Governance: the life of a proposal", () => {
  let f: GovernanceFixture;
  let action: Action;

  before(async () => {
    f = await deployGovernanceFixture();
    action = { target: f.mining, data: f.mining.interface.encodeFunctionData("setRate", [f.pool, RATE]) };
  });
  afterEach(() => f.reset());

  const vote = (proposal: Proposal, voter: GovernanceFixture["whale"], support: number): Promise<unknown> =>
    f.governor.connect(voter).castVote(proposal.id, support);
  const expectState = async (proposal: Proposal, state: bigint): Promise<void> => {
    expect(await f.governor.state(proposal.id)).to.equal(state);
  };
  const refusedInState = async (call: Promise<unknown>): Promise<void> => {
    await expect(call).to.be.revertedWithCustomError(f.governor, "GovernorUnexpectedProposalState");
  };

  /** The salt under which the governor queues a proposal at the timelock. */
  const saltOf = async ({ hash }: Proposal): Promise<string> =>
    toBeHex((BigInt(await f.governor.getAddress()) << 96n) ^ BigInt(hash), 32);

  it("is delegated, proposed, voted, queued, waited for and executed, in this order and never before its time", async () => {
    const proposal = await f.propose([action]);
    await expectState(proposal, STATE.pending);
    await refusedInState(vote(proposal, f.whale, VOTE.for));
    await f.toVote();
    await expectState(proposal, STATE.active);
    await vote(proposal, f.whale, VOTE.for);
    await refusedInState(f.queue(proposal));
    await refusedInState(f.execute(proposal));
    await f.toEnd();
    await expectState(proposal, STATE.succeeded);
    await refusedInState(vote(proposal, f.minor, VOTE.against));
    // Decided is not queued, and queued is not waited for.
    await refusedInState(f.execute(proposal));
    const queued = await f.queue(proposal);
    await expectState(proposal, STATE.queued);
    const { timestamp } = (await queued.getBlock()) ?? { timestamp: 0 };
    const eta = timestamp + f.parameters.timelockDelay;
    expect(await f.governor.proposalEta(proposal.id)).to.equal(eta);
    await f.time.setNextBlockTimestamp(eta - 1);
    await expect(f.execute(proposal)).to.be.revertedWithCustomError(f.timelock, "TimelockUnexpectedOperationState");
    await f.time.setNextBlockTimestamp(eta);
    await expect(f.execute(proposal)).to.emit(f.mining, "RateSet").withArgs(f.pool, RATE);
    await expectState(proposal, STATE.executed);
    await refusedInState(f.execute(proposal));
    await refusedInState(f.queue(proposal));
  });

  it("can be executed at the timelock by anyone, and counts as executed then", async () => {
    const proposal = await f.decided(action);
    const { targets, values, calldatas } = proposal;
    const salt = await saltOf(proposal);
    await f.timelock.connect(f.small).executeBatch(targets, values, calldatas, ZeroHash, salt);
    expect((await f.mining.farm(f.pool)).rate).to.equal(RATE);
    await expectState(proposal, STATE.executed);
    await refusedInState(f.execute(proposal));
  });

  it("needs the threshold of votes to be made, by one wei", async () => {
    const threshold = f.parameters.proposalThreshold;
    await expect(f.propose([action], f.small))
      .to.be.revertedWithCustomError(f.governor, "GovernorInsufficientProposerVotes")
      .withArgs(f.small.address, threshold - 1n, threshold);
    await f.orion.transfer(f.small, 1n);
    await f.time.increase(1);
    await f.propose([action], f.small);
  });

  it("counts of what is held only what is delegated: who holds most and delegates to nobody cannot propose", async () => {
    const holder = f.stranger;
    await f.orion.connect(f.treasury).transfer(holder, await f.orion.balanceOf(f.treasury));
    expect(await f.orion.balanceOf(holder)).to.be.greaterThan((await f.orion.totalSupply()) / 2n);
    await f.time.increase(1);
    await expect(f.propose([action], holder)).to.be.revertedWithCustomError(
      f.governor,
      "GovernorInsufficientProposerVotes",
    );
    await f.orion.connect(holder).delegate(f.small);
    await f.time.increase(1);
    await f.propose([action], f.small);
  });

  it("is defeated by more votes against than for, and by as many", async () => {
    const proposal = await f.propose([action]);
    await f.toVote();
    await vote(proposal, f.whale, VOTE.against);
    await vote(proposal, f.minor, VOTE.for);
    await f.toEnd();
    await expectState(proposal, STATE.defeated);
    await refusedInState(f.queue(proposal));
    await refusedInState(f.execute(proposal));
    await f.orion.connect(f.whale).transfer(f.minor, (await f.orion.balanceOf(f.whale)) / 4n);
    const tie = await f.propose([action]);
    await f.toVote();
    await vote(tie, f.whale, VOTE.for);
    await vote(tie, f.minor, VOTE.against);
    const { againstVotes, forVotes } = await f.governor.proposalVotes(tie.id);
    expect(againstVotes).to.equal(forVotes);
    await f.toEnd();
    await expectState(tie, STATE.defeated);
  });

  it("is defeated when it misses the quorum, and abstaining counts towards it", async () => {
    const missed = await f.propose([action]);
    await f.toVote();
    await vote(missed, f.minor, VOTE.for);
    await f.toEnd();
    await expectState(missed, STATE.defeated);
    const quorum = await f.governor.quorum((await f.time.latest()) - 1);
    expect(quorum).to.equal(((await f.orion.totalSupply()) * 4n) / 100n);
    const made = await f.propose([action]);
    await f.toVote();
    await vote(made, f.minor, VOTE.for);
    await vote(made, f.whale, VOTE.abstain);
    await f.toEnd();
    await expectState(made, STATE.succeeded);
  });

  it("is cancelled by its proposer before the vote begins, and by nobody else or later", async () => {
    const proposal = await f.propose([action]);
    const packed = [proposal.targets, proposal.values, proposal.calldatas, proposal.hash] as const;
    const cancel = (caller: GovernanceFixture["whale"]): Promise<unknown> =>
      f.governor.connect(caller).cancel(...packed);
    await expect(cancel(f.minor)).to.be.revertedWithCustomError(f.governor, "GovernorUnableToCancel");
    await cancel(f.whale);
    await expectState(proposal, STATE.canceled);
    await f.toVote();
    await refusedInState(vote(proposal, f.whale, VOTE.for));
    const late = await f.propose([action]);
    await f.toVote();
    const { targets, values, calldatas, hash } = late;
    await expect(f.governor.connect(f.whale).cancel(targets, values, calldatas, hash)).to.be.revertedWithCustomError(
      f.governor,
      "GovernorUnableToCancel",
    );
  });

  it("that is queued can be taken back by another decision that is ready before it", async () => {
    const delay = (days: number): Action => ({
      target: f.timelock,
      data: f.timelock.interface.encodeFunctionData("updateDelay", [days * DAY]),
    });
    await f.decide(delay(10));
    const shorter = await f.decided(delay(2));
    const proposal = await f.propose([action]);
    await f.toVote();
    await vote(proposal, f.whale, VOTE.for);
    await f.toEnd();
    await f.queue(proposal);
    await f.execute(shorter);
    const { targets, values, calldatas } = proposal;
    const salt = await saltOf(proposal);
    const operation = await f.timelock.hashOperationBatch(targets, values, calldatas, ZeroHash, salt);
    // The governor alone may cancel, so it is told to.
    const cancel = f.timelock.interface.encodeFunctionData("cancel", [operation]);
    const relay = f.governor.interface.encodeFunctionData("relay", [await f.timelock.getAddress(), 0n, cancel]);
    await f.decide({ target: f.governor, data: relay });
    await expectState(proposal, STATE.canceled);
    await f.time.increase(10 * DAY);
    await refusedInState(f.execute(proposal));
  });

  it("takes one vote of each voter, as delegated when voting began", async () => {
    const proposal = await f.propose([action]);
    await f.toVote();
    const all = await f.orion.balanceOf(f.whale);
    // Sold after the vote began: the votes stay with who had them.
    await f.orion.connect(f.whale).transfer(f.minor, all);
    await vote(proposal, f.minor, VOTE.against);
    await vote(proposal, f.whale, VOTE.for);
    await expect(vote(proposal, f.whale, VOTE.for)).to.be.revertedWithCustomError(
      f.governor,
      "GovernorAlreadyCastVote",
    );
    const { againstVotes, forVotes } = await f.governor.proposalVotes(proposal.id);
    expect([againstVotes, forVotes]).to.deep.equal([all / 2n, all]);
  });

  it("executed too early for a parameter stays queued, and is executed when its time has come", async () => {
    const { floor } = await f.credits.parameters();
    const raise = { target: f.credits, data: f.credits.interface.encodeFunctionData("setFloor", [floor + 1n]) };
    const proposal = await f.decided(raise);
    await expect(f.execute(proposal)).to.be.revertedWithCustomError(f.credits, "ChangeTooSoon");
    await expectState(proposal, STATE.queued);
    await f.time.increase(7 * DAY);
    await f.execute(proposal);
    expect((await f.credits.parameters()).floor).to.equal(floor + 1n);
  });

  it("with its proposer's name in the text is made by nobody else, who could only make it to cancel it", async () => {
    const [targets, values, calldatas] = [[await f.mining.getAddress()], [0n], [action.data]];
    const text = `rate #proposer=${f.whale.address}`;
    await expect(f.governor.connect(f.minor).propose(targets, values, calldatas, text))
      .to.be.revertedWithCustomError(f.governor, "GovernorRestrictedProposer")
      .withArgs(f.minor.address);
    await f.governor.connect(f.whale).propose(targets, values, calldatas, text);
  });

  it("does all of its calls or none", async () => {
    const tooMuch = f.mining.interface.encodeFunctionData("setRate", [f.pool, f.parameters.maxMiningRate + 1n]);
    const proposal = await f.decided(action, { target: f.mining, data: tooMuch });
    await expect(f.execute(proposal)).to.be.revertedWithCustomError(f.mining, "RateTooHigh");
    expect((await f.mining.farm(f.pool)).rate).to.equal(0n);
    await expectState(proposal, STATE.queued);
  });

  describe("flash-loaned votes count for nothing", () => {
    let flash: FlashVoter;
    const LOAN = 500_000_000n * 10n ** 18n;

    beforeEach(async () => {
      flash = await f.ethers.deployContract("FlashVoter");
      await f.orion.connect(f.treasury).approve(flash, LOAN * 100n);
    });

    const attempt = async (call: string): Promise<string> => {
      await flash.attempt(f.orion, f.treasury, LOAN, f.governor, call);
      expect(await flash.votes()).to.equal(LOAN);
      return (await flash.succeeded()) ? "" : await flash.result();
    };

    it("to propose", async () => {
      const target = await f.mining.getAddress();
      const call = f.governor.interface.encodeFunctionData("propose", [[target], [0n], [action.data], "loaned"]);
      const { proposalThreshold } = f.parameters;
      const refused = f.governor.interface.encodeErrorResult("GovernorInsufficientProposerVotes", [
        await flash.getAddress(),
        0n,
        proposalThreshold,
      ]);
      expect(await attempt(call)).to.equal(refused);
    });

    it("to vote, before, in the very second of, and after the snapshot", async () => {
      const proposal = await f.propose([action]);
      const call = f.governor.interface.encodeFunctionData("castVote", [proposal.id, VOTE.for]);
      expect(await attempt(call)).to.not.equal("");
      const snapshot = await f.governor.proposalSnapshot(proposal.id);
      await f.time.setNextBlockTimestamp(snapshot);
      expect(await attempt(call)).to.not.equal("");
      await f.time.setNextBlockTimestamp(snapshot + 1n);
      expect(await attempt(call)).to.equal("");
      const { forVotes } = await f.governor.proposalVotes(proposal.id);
      expect(forVotes).to.equal(0n);
      await f.toEnd();
      await expectState(proposal, STATE.defeated);
    });
  });
});
