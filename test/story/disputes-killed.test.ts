import { expect } from "chai";

import { readDisputes } from "@orion/protocol/disputes";

import { startFalsifier, startWithholder, type Cheat } from "../support/network/adversaries.ts";
import { jobOf } from "../support/network/checks.ts";
import { startFlowingChain } from "../support/network/flowing-chain.ts";
import { killAll, startService, until, type RunningService } from "../support/network/services.ts";
import { stepsOf } from "../support/network/steps.ts";
import { ACCOUNTS, accountAt, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import { patient } from "../support/patience.ts";
import { postTinyJob, type TinyJob } from "../support/network/tiny-job.ts";

/** Seconds of a chain whose time flows as the clock does: a busy machine takes longer for the steps before it. */
const ANSWER_PERIOD = patient(100);
/** No deadline but that of an answer ends during the story. */
const CLOCKS = { challengeWindow: patient(1_000), answerPeriod: ANSWER_PERIOD, descendPeriod: patient(1_000) };
const FALSIFIERS = [0, 1, 2, 3, 4].map((i) => ACCOUNTS.workers + i);
const WITHHOLDERS = [5, 6].map((i) => ACCOUNTS.workers + i);
const VALIDATOR = ACCOUNTS.workers + 7;

/** In the order in which a dispute reaches them; each death behind the last step of a dispute needs another dispute for the next, and several are under way at a time. */
const PROVING = [
  ...["validator:checked", "validator:demanding", "signed:demand", "broadcast:demand", "validator:demanded"],
  ...["validator:sealing", "signed:seal", "broadcast:seal", "validator:sealed"],
  ...["signed:proveFraud", "broadcast:proveFraud", "validator:proved"],
  ...["validator:forfeiting", "signed:forfeit", "broadcast:forfeit", "validator:forfeited"],
];
const TIMING_OUT = ["validator:timing-out", "signed:timeout", "broadcast:timeout", "validator:timed-out"];

describe("a validator, killed with SIGKILL at every one of its steps", function () {
  this.timeout(150_000);
  let running: TestNetwork;
  let job: TinyJob;
  const alive: RunningService[] = [];
  const cheats: Cheat[] = [];

  const dieAt = async (killAt: string): Promise<void> => {
    const service = startService(running, "validator", VALIDATOR, { killAt, intervalMs: 50 });
    alive.push(service);
    const isDead = async (): Promise<boolean> => service.child.signalCode !== null || service.child.exitCode !== null;
    await until(`its death at ${killAt}`, isDead, [service], 20_000);
    alive.splice(alive.indexOf(service), 1);
    expect(await service.ended, killAt).to.equal("SIGKILL");
  };

  before(async () => {
    running = await startTestNetwork({ fast: CLOCKS, startChain: startFlowingChain });
    for (const account of [...FALSIFIERS, ...WITHHOLDERS]) await running.stake(account, 100n * ORION);
    job = await postTinyJob(running, { shards: 14, shardsPerClaim: 2 });
    const orchestrator = startService(running, "orchestrator", ACCOUNTS.orchestrator);
    alive.push(orchestrator);
    for (const account of FALSIFIERS) cheats.push(await startFalsifier(running, account, { publishes: false }));
    for (const account of WITHHOLDERS) cheats.push(startWithholder(running, account));
    await Promise.all(cheats.map(({ committed }) => committed));
    await orchestrator.terminate();
  });
  after(async () => {
    await Promise.all(cheats.map((cheat) => cheat.stop()));
    await killAll(alive);
    await running.stop();
  });

  it("is tested at all steps that the sources name", () => {
    expect([...PROVING, ...TIMING_OUT].sort()).to.deep.equal(stepsOf("validator").sort());
  });

  it("wins every dispute after its restart", async () => {
    for (const step of PROVING) await dieAt(step);
    await running.advance(ANSWER_PERIOD + 1);
    for (const step of TIMING_OUT) await dieAt(step);
    alive.push(startService(running, "validator", VALIDATOR, { intervalMs: 50 }));
    const isOver = async (): Promise<boolean> => (await jobOf(running, job)).penalties.length === cheats.length;
    await until("the end of all claims", isOver, alive, 30_000);
  });

  it("is the finder of each, by one proof or one timeout, and gets the rewards", async () => {
    const { penalties } = await jobOf(running, job);
    const state = await readDisputes(running.chain, "all", 0);
    const finder = accountAt(VALIDATOR).address;
    for (const { key, worker } of penalties) {
      const dispute = state.of(running.network.addresses.market, key);
      const isFalsifier = FALSIFIERS.some((account) => accountAt(account).address === worker);
      expect(dispute?.proof?.finder).to.equal(isFalsifier ? finder : undefined);
      expect(dispute?.timedOut !== undefined).to.equal(!isFalsifier);
    }
    const rewards = penalties.reduce((sum, { reward }) => sum + reward, 0n);
    expect(rewards > 0n).to.equal(true);
    expect(await running.chain.contracts.orion.balanceOf(finder)).to.equal(rewards);
  });

  it("gets every prepayment back, of whichever life, less a fifth of the turns that were answered", async () => {
    const { disputes } = running.chain.contracts;
    const isReturned = async (): Promise<boolean> => {
      const returned = await disputes.queryFilter(disputes.filters.PrepaymentReturned());
      const burned = returned.reduce((sum, { args }) => sum + args.burned, 0n);
      return returned.length > 0 && (await running.chain.provider.getBalance(disputes)) === burned;
    };
    await until("the return of all prepayments", isReturned, alive, 20_000);
  });
});
