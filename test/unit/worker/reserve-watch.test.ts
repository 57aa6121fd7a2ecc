import { expect } from "chai";
import { id } from "ethers";

import { contractInterface, type JobRecord } from "@orion/protocol/chain";
import { RevertError, toHex, UnavailableError } from "@orion/protocol/common";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { MerkleTree, ProgramBuilder } from "@orion/protocol/tensor";

import { createReserveWatch } from "../../../worker/reserves/reserve-watch.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { jobOf } from "../../support/job-record.ts";
import { recordingLogger } from "../../support/network/in-process.ts";

const START = 1_000_000;
const END = START + 86_400;
const SELF = "0x5555555555555555555555555555555555555555";
const [MARKET, DISPUTES] = [`0x${"33".repeat(20)}`, `0x${"44".repeat(20)}`];
const LEAF = new Uint8Array(32).fill(7);
const abi = contractInterface("DisputeManager");

/** A unit in which this account's claim fell by silence, and which somebody else has committed to other outputs. */
function wrongAgain(name: string): JobRecord {
  const job = jobOf(name, 1, END, { shards: 1, rows: 1n });
  const { root } = MerkleTree.fromLeaves([LEAF], nativeSha256);
  const claim = { ...job.units.get(0), outputsRoot: toHex(root) };
  const lost = { burned: 0n, compensation: 0n, reward: 0n, reserved: 6n };
  const fallen = { kind: "forfeited" as const, key: id(`fallen ${name}`), unit: 0, worker: SELF, claim, ...lost };
  job.penalties.push(fallen);
  return job;
}

/** Somebody has demanded the claim's trace, and the answer is due long after its window. */
function lastingDemand(job: JobRecord, index: number): object {
  const unit = job.units.get(0);
  const values = [MARKET, unit.key, `0x${"66".repeat(20)}`, 0, unit.outputsRoot, END + 5 * 86_400, 1n];
  const at = {
    blockNumber: 1,
    blockHash: id("1"),
    transactionHash: id(`tx ${String(index)}`),
    transactionIndex: index,
  };
  return { address: DISPUTES, ...abi.encodeEventLog("TraceDemanded", values), ...at, index, removed: false };
}

/** Has the watch look at units of jobs of which some are disputed. @returns the labels of what it sends, which the chain refuses, and what it calls an error */
async function watchFor(
  jobs: readonly JobRecord[],
  disputed: readonly JobRecord[],
  seconds: number,
): Promise<{ sent: string[]; errors: string[] }> {
  const clock = new HandClock(1_000 * START);
  const time = (): number => Math.floor(clock.now() / 1_000);
  const state = { jobs: new Map(jobs.map((job) => [job.jobId, job])), gaps: 0 };
  const logs = disputed.map((job, index) => lastingDemand(job, index));
  const block = () => ({ number: 1, hash: id("1"), parentHash: id("0"), timestamp: time() });
  const provider = {
    send: () => Promise.resolve({ timestamp: `0x${time().toString(16)}` }),
    getBlockNumber: () => Promise.resolve(1),
    getTransactionCount: () => Promise.resolve(0),
    getBlock: () => Promise.resolve(block()),
    getLogs: () => Promise.resolve(logs),
  };
  const disputes = {
    interface: abi,
    profile: () => Promise.resolve({ descendPeriod: 10_800n, answerPeriod: 10_800n, traceWei: 1n }),
    traceTime: () => Promise.resolve(14_400n),
    priceOfTrace: () => Promise.resolve(1n),
    priceOf: () => Promise.resolve(1n),
  };
  const gone = () => Promise.reject(new UnavailableError("nobody serves it"));
  const sent: string[] = [];
  const send = ({ label }: { label: string }): Promise<never> => {
    sent.push(label);
    return Promise.reject(new RevertError("TooManyDemands", []));
  };
  const log = recordingLogger();
  const network = { addresses: { market: MARKET, disputes: DISPUTES }, rpcUrl: "test", deployBlock: 0, chainId: 1 };
  const context = {
    chain: { network, provider, contracts: { disputes, reserves: {} } },
    sender: { address: SELF, lastBlock: 0, send },
    store: { getDag: gone, getBytes: gone },
    follower: {
      ...{ state, block: 1, sync: () => Promise.resolve(state) },
      get time() {
        return time();
      },
    },
    ...{ clock, log, sha256: nativeSha256, sealSecret: id("secret") },
  };
  const b = new ProgramBuilder();
  const x = b.shardInput("u8", [1, 8]);
  const built = b.build(b.max(x, x));
  const parts = {
    reserves: {
      undecided: () => jobs.map((job) => ({ job, fallen: job.penalties[0] })),
      look: () => Promise.resolve(),
      payOut: () => Promise.resolve(),
    },
    sessions: {
      of: ({ jobId }: JobRecord) => Promise.resolve({ jobId, loaded: { program: built.program }, speed: {} }),
    },
    outputs: { leaves: () => Promise.resolve([LEAF]) },
  };
  const stop = new AbortController();
  const running = createReserveWatch(context as never, parts as never).run(stop.signal);
  await clock.pass(seconds);
  stop.abort();
  await running;
  const errors = log.lines.filter(({ level }) => level === "error").map(({ message }) => message);
  return { sent, errors };
}

describe("the watch of a worker's reserves", () => {
  it("challenges a wrong claim while many disputes wait for an answer", async () => {
    const disputed = Array.from({ length: 12 }, (_, i) => wrongAgain(`disputed ${String(i)}`));
    expect((await watchFor(disputed, disputed, 30)).sent).to.deep.equal([]);
    const { sent } = await watchFor([...disputed, wrongAgain("later")], disputed, 30);
    expect(sent).to.include("demandTrace");
  });

  it("goes on asking while others hold all places of a claim", async () => {
    const { sent, errors } = await watchFor([wrongAgain("full")], [], 30);
    expect(errors).to.deep.equal([]);
    expect(sent.length).to.be.greaterThan(3);
  });
});
