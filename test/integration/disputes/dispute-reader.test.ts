import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";

import { chainNow, connectChain, createMarketFollower, type Chain, type UnitRecord } from "@orion/protocol/chain";
import { fromHex, UnavailableError } from "@orion/protocol/common";
import { claimShape, demandCall, demandPrice, DisputeReader, readDisputes, ROOT } from "@orion/protocol/disputes";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { caseOf } from "../../support/network/demand-trace.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { ACCOUNTS, ORION, reopen, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { postTinyJob, type TinyJob } from "../../support/network/tiny-job.ts";
import { startTroubledRpc, type TroubledRpc } from "../../support/network/troubled-rpc.ts";

const anvil = anvilPath();
const UNITS = 4;
const word = (text: string): string => keccak256(toUtf8Bytes(text));

describe("DisputeReader", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let rpc: TroubledRpc;
  let chain: Chain;
  let job: TinyJob;
  let units: UnitRecord[];
  let snapshot: string;

  const demand = async (unit: UnitRecord): Promise<void> => {
    const of = caseOf(running, job, unit);
    const path: Uint8Array[] = [];
    const root = fromHex(unit.outputsRoot, 32);
    const move = { type: "demand", tree: "outputs", place: ROOT, hash: root, path } as const;
    const price = await demandPrice(of, "hashes", await chainNow(of.chain));
    // What the chain has taken back, no sender knows of.
    const fresh = await reopen(running);
    await fresh.sender(ACCOUNTS.stranger).send(demandCall(of, claimShape(of.program, 2), move, price));
    await fresh.stop();
  };
  const mine = (blocks: number): Promise<unknown> =>
    running.chainProcess.rpc("anvil_mine", [`0x${blocks.toString(16)}`]);
  const watched = (unit: UnitRecord): { key: string; sinceBlock: number } => ({ key: unit.key, sinceBlock: 1 });
  const seen = async (reader: DisputeReader, some: readonly UnitRecord[]): Promise<number[]> => {
    const state = await reader.read(some.map(watched));
    return some.map(({ key }) => state.of(running.network.addresses.market, key)?.demands.size ?? 0);
  };

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil), fast: { challengeWindow: 36_000 } });
    await running.stake(ACCOUNTS.workers, 1_000n * ORION);
    job = await postTinyJob(running, { shards: 2 * UNITS, shardsPerClaim: 2 });
    const worker = marketCalls(running, ACCOUNTS.workers);
    await worker.claim(job.terms, [0, 1, 2, 3]);
    const follower = createMarketFollower({ chain: running.chain });
    const unitsNow = async (): Promise<UnitRecord[]> => [...((await follower.sync()).jobs.get(job.jobId)?.units ?? [])];
    for (const { index, key } of await unitsNow()) {
      await worker.commit(job.terms, index, key, word("root"), word("outputs"));
    }
    units = await unitsNow();
    rpc = await startTroubledRpc(running.network.rpcUrl);
    snapshot = (await running.chainProcess.rpc("evm_snapshot")) as string;
  });
  beforeEach(async () => {
    rpc.trouble = {};
    chain = await connectChain({ ...running.network, rpcUrl: rpc.url });
  });
  afterEach(async () => {
    chain.close();
    await running.chainProcess.rpc("evm_revert", [snapshot]);
    snapshot = (await running.chainProcess.rpc("evm_snapshot")) as string;
  });
  after(async () => {
    await rpc?.stop();
    await running?.stop();
  });

  it("says what a reader says that reads everything anew, of long ago and of now, and asks little", async () => {
    await demand(units[0]!);
    await mine(400);
    await demand(units[1]!);
    const reader = new DisputeReader(chain);
    expect(await seen(reader, units)).to.deep.equal([1, 1, 0, 0]);
    rpc.reset();
    for (let i = 0; i < 5; i++) expect(await seen(reader, units)).to.deep.equal([1, 1, 0, 0]);
    expect(rpc.counts).to.deep.equal({ eth_getBlockByNumber: 5 });
    await demand(units[2]!);
    const state = await reader.read(units.map(watched));
    const anew = await readDisputes(
      running.chain,
      units.map(({ key }) => key),
      0,
    );
    expect(new Map([...state.claims].sort())).to.deep.equal(new Map([...anew.claims].sort()));
  });

  it("takes back what a reorganisation takes back, and sees what the other chain has", async () => {
    const reader = new DisputeReader(chain);
    const fork = await running.chainProcess.rpc("evm_snapshot");
    await demand(units[0]!);
    expect(await seen(reader, units)).to.deep.equal([1, 0, 0, 0]);
    await running.chainProcess.rpc("evm_revert", [fork]);
    await demand(units[3]!);
    await mine(3);
    expect(await seen(reader, units)).to.deep.equal([0, 0, 0, 1]);
  });

  it("serves many at once, each with claims of its own, and over a chain that goes back meanwhile", async () => {
    for (const unit of units) await demand(unit);
    await mine(80);
    const readers = units.map(() => new DisputeReader(chain));
    const look = (): Promise<number[][]> => Promise.all(readers.map((reader, i) => seen(reader, [units[i]!])));
    for (let i = 0; i < 10; i++) {
      expect(await look()).to.deep.equal([[1], [1], [1], [1]]);
      await mine(30);
    }
    await running.chainProcess.rpc("evm_revert", [snapshot]);
    snapshot = (await running.chainProcess.rpc("evm_snapshot")) as string;
    await mine(700);
    expect(await look()).to.deep.equal([[0], [0], [0], [0]]);
  });

  it("says that the chain lags rather than leave out one's own move", async () => {
    const reader = new DisputeReader(chain);
    expect(await seen(reader, units)).to.deep.equal([0, 0, 0, 0]);
    await demand(units[0]!);
    const own = await running.chain.provider.getBlockNumber();
    rpc.trouble = { stale: 3 };
    const error = await reader.read(units.map(watched), own).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UnavailableError);
    await mine(4);
    const state = await reader.read(units.map(watched), own);
    expect(state.claims.size).to.equal(1);
  });
});
