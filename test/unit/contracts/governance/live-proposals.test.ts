import { expect } from "chai";

import {
  STATE,
  VOTE,
  deployGovernanceFixture,
  type Action,
  type GovernanceFixture,
  type Proposal,
} from "../../../support/governance-fixture.ts";
import { DAY } from "../../../support/market-fixture.ts";

describe("Governance: against floods and last-second votes (gov)", () => {
  let f: GovernanceFixture;
  let action: Action;

  before(async () => {
    f = await deployGovernanceFixture();
    action = { target: f.mining, data: f.mining.interface.encodeFunctionData("setRate", [f.pool, 7n]) };
  });
  afterEach(() => f.reset());

  const vote = (proposal: Proposal, voter: GovernanceFixture["whale"], support: number): Promise<unknown> =>
    f.governor.connect(voter).castVote(proposal.id, support);
  const cancel = (p: Proposal, caller: GovernanceFixture["whale"]): Promise<unknown> =>
    f.governor.connect(caller).cancel(p.targets, p.values, p.calldatas, p.hash);
  const unableToCancel = async (p: Proposal, caller: GovernanceFixture["whale"]): Promise<void> => {
    await expect(cancel(p, caller)).to.be.revertedWithCustomError(f.governor, "GovernorUnableToCancel");
  };

  describe("one live proposal for each proposer", () => {
    it("sixty of one proposer: the second is refused while the first is pending or under vote, the others of others are not", async () => {
      const first = await f.propose([action]);
      for (let i = 0; i < 60; i += 1) {
        await expect(f.propose([action]))
          .to.be.revertedWithCustomError(f.governor, "ProposalIsLive")
          .withArgs(f.whale.address, first.id);
      }
      await f.toVote();
      await expect(f.propose([action])).to.be.revertedWithCustomError(f.governor, "ProposalIsLive");
      await f.propose([action], f.minor);
      expect(await f.governor.lastProposal(f.whale)).to.equal(first.id);
    });

    it("the next may follow once the vote has ended, or was never to be", async () => {
      const lost = await f.propose([action]);
      await f.toVote();
      await f.toEnd();
      expect(await f.governor.state(lost.id)).to.equal(STATE.defeated);
      const withdrawn = await f.propose([action]);
      await cancel(withdrawn, f.whale);
      const won = await f.propose([action]);
      await f.toVote();
      await vote(won, f.whale, VOTE.for);
      await f.toEnd();
      // What has won waits for nobody's next proposal.
      await f.propose([action]);
      await f.queue(won);
      await f.toExecution();
      await f.execute(won);
    });
  });

  describe("a proposer that no longer has the votes", () => {
    /** The attack: one threshold of votes, moved from account to account. */
    const handOn = async (from: GovernanceFixture["whale"], to: GovernanceFixture["whale"]): Promise<void> => {
      await f.orion.connect(from).transfer(to, await f.orion.balanceOf(from));
      await f.orion.connect(to).delegate(to);
      await f.time.increase(1);
    };

    it("loses its proposal to anybody, before and during the vote", async () => {
      await f.orion.connect(f.treasury).transfer(f.small, 1n);
      await f.time.increase(1);
      const signers = await f.ethers.getSigners();
      const accounts = [f.small, ...signers.slice(10, 14)];
      const proposals: Proposal[] = [];
      for (const [i, account] of accounts.entries()) {
        proposals.push(await f.propose([action], account));
        const next = accounts[i + 1];
        if (next !== undefined) await handOn(account, next);
      }
      const [first, second, ...rest] = proposals;
      const last = rest.pop();
      if (!first || !second || !last) throw new Error("too few proposals");
      await cancel(first, f.stranger);
      expect(await f.governor.state(first.id)).to.equal(STATE.canceled);
      await unableToCancel(last, f.stranger);
      await f.toVote();
      await vote(second, f.whale, VOTE.for);
      for (const lapsed of [second, ...rest]) await cancel(lapsed, f.stranger);
      await unableToCancel(last, f.stranger);
      await unableToCancel(last, accounts.at(-1)!);
    });

    it("counts its stake: what is only staked has not lapsed, what is withdrawn has", async () => {
      await f.orion.connect(f.minor).approve(f.registry, 1n << 200n);
      const all = await f.orion.balanceOf(f.minor);
      await f.registry.connect(f.minor).stake(f.minor, f.market, all);
      await f.time.increase(1);
      const proposal = await f.propose([action], f.minor);
      await unableToCancel(proposal, f.stranger);
      await f.registry.connect(f.minor).withdraw(f.market, all - f.parameters.proposalThreshold, f.treasury);
      await f.time.increase(1);
      await unableToCancel(proposal, f.stranger);
      await f.registry.connect(f.minor).withdraw(f.market, 1n, f.treasury);
      // As of the second before: what leaves and comes back within one does not count.
      await f.time.increase(1);
      await cancel(proposal, f.stranger);
    });

    it("keeps what voters have decided: it is theirs then", async () => {
      const proposal = await f.propose([action], f.minor);
      await f.toVote();
      await vote(proposal, f.whale, VOTE.for);
      await f.orion.connect(f.minor).transfer(f.treasury, await f.orion.balanceOf(f.minor));
      await f.toEnd();
      await unableToCancel(proposal, f.stranger);
      await f.queue(proposal);
      await unableToCancel(proposal, f.stranger);
      await f.toExecution();
      await f.execute(proposal);
    });
  });

  describe("a quorum of the last second", () => {
    it("keeps the vote open, so that the others can still vote against it", async () => {
      const proposal = await f.propose([action]);
      const end = await f.governor.proposalDeadline(proposal.id);
      await f.time.setNextBlockTimestamp(end);
      const extended = Number(end) + f.parameters.lateQuorumExtension;
      await expect(vote(proposal, f.whale, VOTE.for))
        .to.emit(f.governor, "ProposalExtended")
        .withArgs(proposal.id, extended);
      expect(await f.governor.proposalDeadline(proposal.id)).to.equal(extended);
      await f.orion.connect(f.treasury).delegate(f.treasury);
      expect(await f.governor.state(proposal.id)).to.equal(STATE.active);
      await vote(proposal, f.minor, VOTE.against);
      // Once only: nobody prolongs it again and again.
      expect(await f.governor.proposalDeadline(proposal.id)).to.equal(extended);
      await f.time.setNextBlockTimestamp(extended + 1);
      await expect(vote(proposal, f.stranger, VOTE.against)).to.be.revertedWithCustomError(
        f.governor,
        "GovernorUnexpectedProposalState",
      );
    });

    it("is outvoted by stakers who heard of it only then", async () => {
      const provider = f.treasury;
      await f.orion.connect(provider).approve(f.registry, 1n << 200n);
      await f.registry.connect(provider).stake(provider, f.market, 70_000_000n * 10n ** 18n);
      const proposal = await f.propose([action]);
      await f.time.setNextBlockTimestamp(await f.governor.proposalDeadline(proposal.id));
      await vote(proposal, f.whale, VOTE.for);
      await f.time.increase(f.parameters.lateQuorumExtension / 2);
      await vote(proposal, provider, VOTE.against);
      await f.time.increase(f.parameters.lateQuorumExtension);
      expect(await f.governor.state(proposal.id)).to.equal(STATE.defeated);
    });

    it("that was reached in time moves nothing", async () => {
      const proposal = await f.propose([action]);
      const end = await f.governor.proposalDeadline(proposal.id);
      await f.time.setNextBlockTimestamp(end - BigInt(f.parameters.lateQuorumExtension));
      await expect(vote(proposal, f.whale, VOTE.for)).to.not.emit(f.governor, "ProposalExtended");
      expect(await f.governor.proposalDeadline(proposal.id)).to.equal(end);
      await f.time.increase(DAY);
      expect(await f.governor.state(proposal.id)).to.equal(STATE.succeeded);
    });
  });
});
