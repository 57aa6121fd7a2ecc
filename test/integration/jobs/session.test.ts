import { expect } from "chai";

import { AbortedError, InvalidInputError, silentLogger, systemClock } from "@orion/protocol/common";
import {
  computeUnit,
  inputsName,
  openJobSession,
  putManifest,
  traceShard,
  WorkTally,
  type JobSession,
} from "@orion/protocol/jobs";
import { createBackend, nativeSha256, type Backend, type TracedNode } from "@orion/protocol/kernels/node";
import { digestFromDagCid, type ContentStore } from "@orion/protocol/storage";
import {
  hashAt,
  interpret,
  outputsRoot,
  shardLeaf,
  shardRoot,
  tensorLeaves,
  tensorRoot,
  toBytes,
  type Tensor,
} from "@orion/protocol/tensor";

import { tinyImages } from "../../support/network/tiny-job.ts";
import { shardsOf, startStore, storeJob, twoOutputs, type StoredJob } from "./support.ts";

const options = { sha256: nativeSha256, signal: new AbortController().signal };

describe("computing a job from its content", function () {
  this.timeout(60_000);
  let store: ContentStore;
  let stop: () => Promise<void>;
  let job: StoredJob;
  let backend: Backend;
  let session: JobSession;
  let tally: WorkTally;
  /** All values by the reference: by shard, then by node. */
  let values: Tensor[][];
  /** Everything that was hashed for this session, in bytes. */
  let hashed = 0;
  /** While it is set, bytes that are asked for do not come; who asked, ends by its signal. */
  let withheld: (AbortSignal | undefined)[] | undefined;

  before(async () => {
    ({ store, stop } = await startStore());
    backend = await createBackend({ mode: "cpu" });
    // Five shards, of which the second and the fourth have the same rows.
    const rows = tinyImages(10);
    rows.data.copyWithin(6 * 36, 2 * 36, 4 * 36);
    job = await storeJob(store, twoOutputs(), [], [rows]);
    const { program, constants } = job.program;
    values = shardsOf(job.dataset).map((shard) => interpret(program, { constants, shared: [], shard }));
  });
  after(async () => {
    await backend.dispose();
    await stop();
  });
  beforeEach(async () => {
    const manifest = digestFromDagCid(await putManifest(store, { ...job, program: job.programCid }));
    const counting = {
      ...nativeSha256,
      digestRecords: (...all: Parameters<typeof nativeSha256.digestRecords>) => {
        hashed += all[2].length;
        nativeSha256.digestRecords(...all);
      },
    };
    withheld = undefined;
    const getBytes: ContentStore["getBytes"] = (cid, call) => {
      if (withheld === undefined) return store.getBytes(cid, call);
      withheld.push(call?.signal);
      return new Promise((_, reject) => {
        call?.signal?.addEventListener("abort", () => reject(new AbortedError("aborted")), { once: true });
      });
    };
    const context = { store: { ...store, getBytes }, sha256: counting, clock: systemClock, log: silentLogger };
    tally = new WorkTally();
    session = await openJobSession(context, job, {
      backend,
      tally,
      maxMemoryBytes: 2n ** 30n,
      signal: new AbortController().signal,
      manifests: () => [{ publisher: job.terms.keeper, digest: manifest, earnsFee: true }],
    });
  });
  afterEach(() => session.dispose());

  const rootsOf = (shard: number): Uint8Array[] =>
    (values[shard] as Tensor[]).map((value) => tensorRoot(toBytes(value)));
  const outputRootsOf = (shard: number): Uint8Array[] => {
    const roots = rootsOf(shard);
    return job.program.program.outputNodes.map((node) => roots[node] as Uint8Array);
  };

  it("gives a unit's outputs, their roots and the outputs root, and computes equal shards once", async () => {
    const unit = await computeUnit(session, { from: 1, to: 5 }, options);
    expect(unit.shards.map(({ outputRoots }) => outputRoots)).to.deep.equal([1, 2, 3, 4].map(outputRootsOf));
    for (const [at, { outputs, leaf }] of unit.shards.entries()) {
      const wanted = job.program.program.outputNodes.map((node) => (values[1 + at] as Tensor[])[node] as Tensor);
      expect(outputs.map(({ data }) => [...data])).to.deep.equal(wanted.map(({ data }) => [...data]));
      expect(leaf).to.deep.equal(shardLeaf(outputRootsOf(1 + at)));
    }
    const leaves = [1, 2, 3, 4].map((shard) => shardLeaf(outputRootsOf(shard)));
    expect(unit.tree.root).to.deep.equal(outputsRoot(leaves));
    // Shard 3 is shard 1 again.
    expect(unit.shards[2]).to.equal(unit.shards[0]);
    const names = await Promise.all([1, 2, 3].map(async (shard) => inputsName(await session.loadShard(shard))));
    expect([names[2] === names[0], names[1] === names[0]]).to.deep.equal([true, false]);
    expect(tally).to.include({ shards: 3, traces: 0, tracing: 0 });
    expect(tally.hashing).to.be.greaterThan(0);
    expect(session.speed.secondsPerShard).to.be.at.least(0);
    expect(session.speed.estimatedSeconds).to.be.greaterThan(0);
  });

  it("hashes nothing but outputs", async () => {
    const inputs = await session.loadShard(0);
    hashed = 0;
    await session.compute(inputs);
    // 24 and 36 bytes, each of which is one chunk whose root is its leaf; and the pair of their roots, the shard's leaf.
    expect(hashed).to.equal(24 + 36 + 64);
  });

  it("ends one read of inputs by its signal, and no other", async () => {
    withheld = [];
    const [first, second] = [new AbortController(), new AbortController()];
    const read = (signal: AbortSignal): Promise<unknown> =>
      session.loadShard(0, signal).catch((error: unknown) => error);
    const reads = [read(first.signal), read(second.signal)] as const;
    while (withheld.length < 2) await systemClock.sleep(5);
    first.abort();
    expect(await reads[0]).to.be.instanceOf(AbortedError);
    expect(withheld.map((signal) => signal?.aborted).sort()).to.deep.equal([false, true]);
    second.abort();
    expect(await reads[1]).to.be.instanceOf(AbortedError);
    withheld = undefined;
    expect((await session.loadShard(0)).tensors).to.have.length(1);
  });

  it("takes inputs that were downloaded before, and stops between two shards", async () => {
    const inputs = await Promise.all([0, 1].map((shard) => session.loadShard(shard)));
    const seen: number[] = [];
    const unit = await computeUnit(session, { from: 0, to: 2 }, { ...options, inputs, onShard: (n) => seen.push(n) });
    expect(unit.shards.map(({ leaf }) => leaf)).to.deep.equal([0, 1].map((shard) => shardLeaf(outputRootsOf(shard))));
    expect(seen).to.deep.equal([1, 2]);
    const abort = new AbortController();
    const stopping = { ...options, signal: abort.signal, onShard: () => abort.abort() };
    const failure: unknown = await computeUnit(session, { from: 0, to: 2 }, stopping).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(AbortedError);
  });

  it("traces one shard: all roots, chunk hashes and bytes, and the same leaf as the outputs alone", async () => {
    const traced = await traceShard(session, 2, options);
    const roots = rootsOf(2);
    expect(roots.map((_, node) => hashAt(traced.nodeRoots, node))).to.deep.equal(roots);
    expect(traced.trace.root).to.deep.equal(shardRoot(roots));
    expect(traced.outputRoots).to.deep.equal(outputRootsOf(2));
    expect(traced.leaf).to.deep.equal((await session.compute(await session.loadShard(2))).leaf);
    for (const [node, value] of (values[2] as Tensor[]).entries()) {
      expect(traced.bytes(node)).to.deep.equal(toBytes(value));
      expect(traced.leaves(node)).to.deep.equal(tensorLeaves(toBytes(value)));
      expect(traced.trace.proveChunks(node, 0, 0).nodeRoot).to.deep.equal(roots[node]);
    }
    expect(tally).to.include({ shards: 1, traces: 1 });
    expect(tally.tracing).to.be.greaterThan(0);
  });

  it("traces without holding values: chunk hashes pass by, and values are computed once more when they are needed", async () => {
    const passed = new Map<number, TracedNode>();
    const onNode = (node: TracedNode) => void passed.set(node.node, node);
    const traced = await traceShard(session, 0, { ...options, hold: false, onNode });
    const { nodes } = job.program.program;
    const computed = [...nodes.keys()].filter((node) => !["input", "constant"].includes(nodes[node]?.op ?? ""));
    expect([...passed.keys()]).to.deep.equal(computed);
    for (const [node, { leaves, root }] of passed) {
      expect(leaves).to.deep.equal(tensorLeaves(toBytes((values[0] as Tensor[])[node] as Tensor)));
      expect(root).to.deep.equal(hashAt(traced.nodeRoots, node));
    }
    expect(() => traced.bytes(1)).to.throw(InvalidInputError, "is not held");
    expect(() => traced.trace.proveChunks(1, 0, 0)).to.throw(InvalidInputError, "is not held");
    const again = await traced.loadNodes([2, 0]);
    expect(again).to.deep.equal([2, 0].map((node) => toBytes((values[0] as Tensor[])[node] as Tensor)));
    // The roots are there all the same.
    expect(traced.trace.root).to.deep.equal(shardRoot(rootsOf(0)));
  });
});
