import { setImmediate as turn } from "node:timers/promises";

import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import { contractInterface, MarketState, type MarketEvent, type Terms } from "@orion/protocol/chain";
import { AbortedError, RevertError, UnavailableError, type OrionError } from "@orion/protocol/common";
import { JournalError, SecondRootError } from "@orion/worker";

import { recordingLogger } from "../../support/network/in-process.ts";
import { accountAt } from "../../support/network/test-network.ts";
import { OpenClaims } from "../../../worker/open-claims.ts";
import type { CommitParts } from "../../../worker/pipeline/claim-run.ts";
import { ClaimWindow } from "../../../worker/pipeline/claim-window.ts";
import { Pace } from "../../../worker/pipeline/pace.ts";
import { Planner } from "../../../worker/pipeline/planner.ts";
import type { Trials } from "../../../worker/trials.ts";
import type { UnitContext } from "../../../worker/unit-work.ts";

const me = accountAt(6).address;
const jobId = id("job");
const terms = {
  poster: me,
  salt: ZeroHash,
  programRoot: ZeroHash,
  dataset: ZeroHash,
  inputsRoot: ZeroHash,
  challengers: ZeroHash,
  keeper: me,
  ...{ shards: 4n, shardsPerClaim: 1n, rows: 8n, options: 0n },
  ...{ workPerShard: 1n, pricePerShard: 1n, keeperFee: 0n, collateralPerClaim: 1n },
} as unknown as Terms;
const key = id("claim");
const entry = { key, outputsRoot: id("root"), outputs: id("outputs") };
const DEADLINE = 100;
const PERIOD = 60;

const event = (name: string, args: Record<string, unknown>): MarketEvent => ({
  name,
  args: { jobId, ...args },
  block: 1,
  transaction: id(name),
});

/** The market with one claim of this account, as a node may show it. */
function claimedState(): MarketState {
  const state = new MarketState();
  state.apply(event("JobPosted", { terms }));
  const claim = { unit: 1n, attempt: 0n, worker: me, provider: me, key, deadline: BigInt(DEADLINE) };
  state.apply(event("UnitClaimed", claim));
  return state;
}

function committedState(): MarketState {
  const state = claimedState();
  const commit = { unit: 1n, worker: me, key, windowEnd: 500n };
  state.apply(event("ClaimCommitted", { ...commit, outputsRoot: entry.outputsRoot, outputs: entry.outputs }));
  return state;
}

/** Claims whose commits end as the test says; what precedes a commit is in the journal. */
function arrange(options: { journal?: () => Promise<typeof entry> } = {}) {
  const log = recordingLogger();
  const chainNow = { block: 5, time: 10, lastBlock: 0, clock: 0 };
  const commits: { mined(block: number): void; refused(error: Error): void }[] = [];
  let wakes = 0;
  const context = {
    log,
    clock: { now: () => chainNow.clock, sleep: () => Promise.resolve() },
    chain: {
      contracts: { market: { interface: contractInterface("JobMarket") } },
      network: { addresses: { market: me } },
    },
    follower: {
      get block() {
        return chainNow.block;
      },
      get time() {
        return chainNow.time;
      },
    },
    sender: {
      address: me,
      get lastBlock() {
        return chainNow.lastBlock;
      },
      send: () =>
        new Promise((resolve, reject) => {
          commits.push({ mined: (blockNumber) => resolve({ blockNumber, gasUsed: 1n }), refused: reject });
        }),
    },
  } as unknown as UnitContext;
  const trials = { known: () => undefined } as unknown as Trials;
  const parts = {
    journal: { get: options.journal ?? (() => Promise.resolve(entry)) },
    sessions: { pin: () => () => undefined, clocks: () => Promise.resolve({ claimPeriod: PERIOD }) },
    planner: new Planner(trials, new Pace(), "cpu"),
  } as unknown as CommitParts;
  const stop = new AbortController();
  const window = new ClaimWindow();
  const wake = (): void => {
    wakes++;
  };
  const claims = new OpenClaims(context, parts, window, { firstPauseMs: 100, wake }, stop.signal);
  const look = async (state: MarketState): Promise<void> => {
    claims.look(state);
    for (let i = 0; i < 3; i++) await turn();
  };
  return { claims, chainNow, commits, log, look, window, stop, wakes: () => wakes };
}

describe("open claims", () => {
  it("commit once, whatever an older state shows", async () => {
    const { claims, chainNow, commits, look, wakes } = arrange();
    await look(claimedState());
    await look(claimedState());
    expect([commits.length, claims.pending]).to.deep.equal([1, 1]);
    commits[0]!.mined(7);
    await turn();
    expect([claims.finished, claims.pending, wakes()]).to.deep.equal([1, 0, 1]);
    // The state that the loop has read is of a block before the commit.
    chainNow.block = 6;
    await look(claimedState());
    expect(commits).to.have.length(1);
    chainNow.block = 7;
    await look(committedState());
    expect([commits.length, claims.has(jobId, 1)]).to.deep.equal([1, false]);
  });

  it("commit again what a reorganisation has taken back, and count it once", async () => {
    const { claims, chainNow, commits, look } = arrange();
    await look(claimedState());
    commits[0]!.mined(7);
    await turn();
    chainNow.block = 8;
    await look(claimedState());
    await look(claimedState());
    expect([commits.length, claims.finished, claims.pending]).to.deep.equal([2, 0, 1]);
    commits[1]!.mined(9);
    await turn();
    expect(claims.finished).to.equal(1);
  });

  it("are taken from the chain only when it is newer than the claim itself", async () => {
    const { claims, chainNow, commits, look, log } = arrange();
    const job = claimedState().jobs.get(jobId)!;
    const before = new MarketState();
    before.apply(event("JobPosted", { terms }));
    claims.add({ job, unit: job.units.get(1) }, 6);
    await look(before);
    expect([commits.length, claims.pending, claims.has(jobId, 1)]).to.deep.equal([1, 1, true]);
    commits[0]!.refused(new UnavailableError("no answer"));
    await turn();
    // Now it says that there is no such claim: a reorganisation has taken it back.
    chainNow.block = 6;
    await look(before);
    expect([claims.pending, claims.has(jobId, 1)]).to.deep.equal([0, false]);
    expect(log.lines.at(-1)?.message).to.equal("the claim is lost: the chain shows it no more");
  });

  it("that fail are tried again after growing pauses, and keep nothing waiting meanwhile", async () => {
    const { claims, chainNow, commits, look } = arrange();
    await look(claimedState());
    for (const [i, pause] of [100, 200, 400].entries()) {
      commits[i]!.refused(new UnavailableError("no answer"));
      await turn();
      chainNow.clock += pause - 1;
      await look(claimedState());
      expect(commits).to.have.length(i + 1);
      expect([claims.pending, claims.waiting, claims.plan()?.[0]?.stalled]).to.deep.equal([1, 0, true]);
      chainNow.clock += 1;
      await look(claimedState());
      expect(commits).to.have.length(i + 2);
    }
  });

  it("that go on failing until their deadline are let go", async () => {
    const { claims, chainNow, commits, look, log, window } = arrange();
    await look(claimedState());
    commits[0]!.refused(new UnavailableError("no answer"));
    await turn();
    chainNow.time = DEADLINE + 1;
    await look(claimedState());
    expect([claims.pending, claims.plan(), window.size]).to.deep.equal([0, [], 2]);
    expect(log.lines.at(-1)?.message).to.equal("the claim is lost: its deadline has passed");
  });

  it("that the chain refuses are lost, unless it goes on to show them", async () => {
    const { claims, chainNow, commits, look, log } = arrange();
    await look(claimedState());
    commits[0]!.refused(new RevertError("NotAssignee", []));
    await turn();
    expect(claims.pending).to.equal(0);
    chainNow.clock += 100;
    await look(claimedState());
    commits[1]!.refused(new RevertError("NotAssignee", []));
    await turn();
    chainNow.clock += 200;
    await look(claimedState());
    expect(log.lines.filter(({ level }) => level === "error")).to.have.length(1);
    commits[2]!.mined(6);
    await turn();
    expect(claims.finished).to.equal(1);
  });

  it("that are committed already are no loss", async () => {
    const { claims, chainNow, commits, look, log, window } = arrange();
    await look(claimedState());
    commits[0]!.refused(new RevertError("AlreadyCommitted", []));
    await turn();
    await look(claimedState());
    chainNow.block = 6;
    await look(committedState());
    expect([commits.length, claims.pending, claims.finished, window.size]).to.deep.equal([1, 0, 0, 4]);
    expect(log.lines.map(({ message }) => message)).to.deep.equal(["the claim is committed already"]);
  });

  it("end the work where the journal cannot be trusted, and sign nothing more", async () => {
    for (const fatal of [new SecondRootError("two roots"), new JournalError("damaged", { retryable: false })]) {
      const { claims, commits, look } = arrange({ journal: () => Promise.reject(fatal) });
      await look(claimedState());
      expect(() => claims.look(claimedState())).to.throw(fatal.message);
      expect(commits).to.have.length(0);
    }
  });

  it("try again where the journal has no room, or something was stopped that was not to be", async () => {
    for (const passing of [
      new JournalError("the disk is full", { retryable: true }),
      new AbortedError("a device was given back"),
    ] as OrionError[]) {
      let fails = true;
      const journal = (): Promise<typeof entry> => (fails ? Promise.reject(passing) : Promise.resolve(entry));
      const { chainNow, commits, look, log } = arrange({ journal });
      await look(claimedState());
      expect(log.lines.map(({ fields }) => fields.code)).to.deep.equal([passing.code]);
      fails = false;
      chainNow.clock += 100;
      await look(claimedState());
      expect(commits).to.have.length(1);
    }
  });

  it("start nothing once they are stopped", async () => {
    const { claims, commits, look, stop } = arrange();
    stop.abort();
    await look(claimedState());
    await claims.ended();
    expect(commits).to.have.length(0);
  });
});
