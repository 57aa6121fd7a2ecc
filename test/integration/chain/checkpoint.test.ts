import { writeFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import {
  connectChain,
  createMarketFollower,
  findJobs,
  readEvents,
  readMarket,
  MarketState,
  totalsOf,
  type Chain,
  type CheckpointFile,
  type EventQuery,
  type JobRecord,
  type MarketFollower,
} from "@orion/protocol/chain";

import { recordingLogger } from "../../support/network/in-process.ts";
import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { plain, RandomMarket, readAnew } from "../../support/network/random-market.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { wrapChain } from "../../support/network/wrapped-chain.ts";
import { orion } from "../cli/orion.ts";

const anvil = anvilPath();
/** More than follows a block that counts as settled, and than is read without a checkpoint being worth it. */
const LONG = 600;
const DAY = 86_400;

class MemoryFile implements CheckpointFile {
  readonly name = "memory";
  text: string | undefined;

  read(): Promise<string | undefined> {
    return Promise.resolve(this.text);
  }
  write(text: string): Promise<void> {
    this.text = text;
    return Promise.resolve();
  }
  remove(): Promise<void> {
    this.text = undefined;
    return Promise.resolve();
  }
}

function committed({ network }: TestNetwork): EventQuery {
  return { contract: "JobMarket", address: network.addresses.market, name: "ClaimCommitted" };
}

describe("a follower with a checkpoint (scale)", function () {
  this.timeout(120_000);
  const workers = [0, 1, 2].map((i) => ACCOUNTS.workers + i);
  let running: TestNetwork;
  let market: RandomMarket;
  let chain: Chain;
  let asked: number[];
  let file: MemoryFile;
  let log: ReturnType<typeof recordingLogger>;

  const follow = (): MarketFollower => createMarketFollower({ chain, checkpoint: file, log });
  const warnings = (): string[] => log.lines.map(({ message }) => message);
  const mine = (blocks: number): Promise<unknown> =>
    running.chainProcess.rpc("anvil_mine", [`0x${blocks.toString(16)}`]);
  const play = async (moves: number): Promise<void> => {
    for (let i = 0; i < moves; i++) await market.move();
  };
  /** The same as whoever reads everything anew, but for what is retired. */
  const expectRight = async (state: MarketState): Promise<void> => {
    const anew = await readAnew(running);
    anew.retire(({ jobId }) => !state.jobs.has(jobId));
    expect(plain(state)).to.deep.equal(plain(anew));
    expect(state.retired.count).to.equal(anew.retired.count);
  };
  /** Reads the history once, which leaves a checkpoint. */
  const checkpoint = async (): Promise<MarketState> => {
    const first = follow();
    const state = await first.sync();
    await first.end();
    return state;
  };

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    for (const worker of workers) await running.stake(worker, 1_000n * ORION);
    market = new RandomMarket(running, 3, workers);
    const connected = await connectChain({ ...running.network, logRange: 100 });
    chain = wrapChain(connected, {
      getLogs: (filter, real) => {
        asked.push(Number(filter.fromBlock));
        return real(filter);
      },
    });
    for (let i = 0; i < 3; i++) await market.post();
    await play(60);
    await mine(LONG);
  });
  beforeEach(() => {
    asked = [];
    file = new MemoryFile();
    log = recordingLogger();
  });
  after(async () => {
    chain?.close();
    await running?.stop();
  });

  it("comes to the same as one that reads everything, and reads nothing of long ago", async () => {
    await checkpoint();
    expect(Math.min(...asked)).to.equal(running.network.deployBlock);
    const block = Number(/"number":(\d+)/.exec(file.text ?? "")?.[1]);
    const head = await chain.provider.getBlockNumber();
    expect(block).to.equal(head - 256);
    await play(20);
    asked = [];
    const later = follow();
    expect(plain(await later.sync())).to.deep.equal(plain(await readAnew(running)));
    expect(Math.min(...asked)).to.be.greaterThan(block);
    await play(10);
    expect(plain(await later.sync())).to.deep.equal(plain(await readAnew(running)));
    expect(warnings()).to.deep.equal([]);
  });

  it("holds after a reorganisation above its block", async () => {
    await checkpoint();
    await play(20);
    const before = follow();
    await before.sync();
    await running.chainProcess.rpc("anvil_reorg", [15, []]);
    await play(5);
    const after = follow();
    for (const follower of [before, after]) {
      expect(plain(await follower.sync())).to.deep.equal(plain(await readAnew(running)));
    }
    expect(warnings()).to.deep.equal([]);
  });

  for (const [what, change] of [
    ["is damaged", (text: string) => text.replace("settled", "Settled")],
    ["has the format of another version", (text: string) => text.replace("checkpoint 1", "checkpoint 2")],
    ["is of block 999999, which the chain does not have", undefined],
  ] as const) {
    it(`begins anew where it ${what}`, async () => {
      await checkpoint();
      if (change !== undefined) file.text = change(file.text ?? "");
      const shorter = wrapChain(chain, {
        getBlock: (block, real) =>
          typeof block === "number" && change === undefined ? Promise.resolve(null) : real(block),
      });
      const kept = file.text;
      const follower = createMarketFollower({ chain: shorter, checkpoint: file, log });
      await follower.open();
      expect(warnings()).to.have.length(1);
      expect(warnings()[0]).to.match(new RegExp(`: the checkpoint ${what.replace("999999", "\\d+")}$`));
      expect(file.text).to.equal(undefined);
      expect(kept).to.be.a("string");
    });
  }

  it("retires what finished long ago, and finds it again", async () => {
    const { jobs } = await readAnew(running);
    const finished = [...jobs.values()].filter(({ finishedAtBlock, penalties }) => {
      return finishedAtBlock !== undefined && penalties.every(({ reserved }) => reserved === 0n);
    });
    expect(finished).not.to.be.empty;
    await running.advance(31 * DAY);
    await mine(LONG);
    const state = await checkpoint();
    expect(state.retired.count).to.equal(finished.length);
    expect(finished.filter(({ jobId }) => state.jobs.has(jobId))).to.deep.equal([]);
    const later = await follow().sync();
    expect(plain(later)).to.deep.equal(plain(state));
    expect(later.retired.count).to.equal(finished.length);
    // In parts that are long enough for all that was announced after the jobs' ends.
    const found = await findJobs(running.chain, later, jobs.keys());
    const all = await readMarket(chain);
    expect(found.size).to.equal(jobs.size);
    const inOrder = new MarketState();
    for (const jobId of all.jobs.keys()) inOrder.jobs.set(jobId, found.get(jobId) as JobRecord);
    expect(plain(inOrder)).to.deep.equal(plain(all));
  });

  it("spares the command line the history, which still finds what is retired", async () => {
    const networkFile = path.join(running.dir, "small-parts.json");
    await writeFile(networkFile, JSON.stringify({ ...running.network, logRange: 50 }));
    const env = { ORION_HOME: path.join(running.dir, "home") };
    const run = async (...args: string[]): Promise<string> => {
      const ran = await orion([...args, "--network", networkFile], { cwd: running.dir, env });
      expect(ran.code, ran.stderr).to.equal(0);
      return `${ran.stdout}${ran.stderr}`;
    };
    const { jobs } = await readAnew(running);
    const [job] = [...jobs.values()].filter(({ finishedAtBlock }) => finishedAtBlock !== undefined);
    const [commits, worker] = [await readEvents(chain, committed(running)), accountAt(workers[0] ?? 0).address];
    if (job === undefined) throw new Error("no job has finished");
    const alone = await run("job", "status", job.jobId);
    expect(alone).to.match(/one job is read without an index or a checkpoint: `orion index start`/);
    const list = JSON.parse(await run("job", "status", "--json")) as { jobs: unknown[]; notListed: number };
    expect(list.notListed).to.be.greaterThan(0);
    expect(list.jobs.length + list.notListed).to.equal(jobs.size);
    const all = JSON.parse(await run("job", "status", "--all", "--json")) as typeof list;
    expect([all.jobs.length, all.notListed]).to.deep.equal([jobs.size, 0]);
    const again = await run("job", "status", job.jobId);
    expect(again).to.not.include("without an index");
    for (const text of [alone, again]) expect(text).to.match(new RegExp(`shards +${String(job.settledShards)} of `));
    const claims = JSON.parse(await run("dispute", "list", "--all", "--json")) as { disputes: unknown[] };
    expect(claims.disputes).to.have.length(commits.length);
    const { claims: counted, earned } = JSON.parse(await run("provider", "status", worker, "--json")) as {
      claims: { settled: number };
      earned: string;
    };
    const totals = [...jobs.values()].map((one) => totalsOf(one, worker));
    expect(counted.settled).to.equal(totals.reduce((sum, { settled }) => sum + settled, 0));
    expect(BigInt(earned)).to.equal(totals.reduce((sum, one) => sum + one.earned, 0n));
  });

  it("begins anew after a reorganisation below its block, and says so in one line", async () => {
    const snapshot = await running.chainProcess.rpc("evm_snapshot");
    await play(10);
    await mine(LONG);
    await checkpoint();
    const following = follow();
    await following.sync();
    await running.chainProcess.rpc("evm_revert", [snapshot]);
    // Nobody sends anything from here on: the accounts' nonces are lower again.
    await mine(LONG);
    expect(await running.chain.provider.getBlockNumber()).to.be.lessThan(following.block);
    await following.sync();
    await mine(50);
    await expectRight(await follow().sync());
    expect(warnings()).to.have.length(1);
    expect(warnings()[0]).to.match(
      /^the market's history is read from its beginning: the checkpoint is of another block \d+ than/,
    );
    // One that has begun there already reads everything anew too, and retires what is old again.
    await expectRight(await following.sync());
  });
});
