import { expect } from "chai";

import {
  chunkPlace,
  firstDifference,
  KnownClaim,
  makeMissingProof,
  makeProof,
  nodePlace,
  partialProofSource,
  shardPlace,
} from "@orion/protocol/disputes";
import { toHex } from "@orion/protocol/common";
import {
  buildStepProof,
  chunkLeaf,
  inputsTree,
  interpret,
  ProgramBuilder,
  tensor,
  toBytes,
  verifyRange,
  type Program,
  type ProofSource,
  type Tensor,
} from "@orion/protocol/tensor";

import type { LyingClaim } from "../../support/lying-claim.ts";
import { lyingClaim, pureClaim, type PureClaim } from "./support.ts";

const ELEMENTS = 600;
const KIB = 1024;
const SUM = 1;

/** One shard of x + x over 600 numbers: three chunks, the last of them padded. */
function doubled(): { program: Program; values: Tensor[]; honest: PureClaim } {
  const b = new ProgramBuilder();
  const x = b.shardInput("i32", [1, ELEMENTS]);
  const { program, constants } = b.build(b.add(x, x, { dtype: "i32" }));
  const input = tensor(
    "i32",
    [1, ELEMENTS],
    Int32Array.from({ length: ELEMENTS }, (_, i) => i),
  );
  const values = interpret(program, { constants, shared: [], shard: [input] });
  const honest = pureClaim([values.map((value) => toBytes(value))], program.outputNodes);
  return { program, values, honest };
}

function altered(values: readonly Tensor[], chunk: number, byte: number): Uint8Array {
  const bytes = new Uint8Array(KIB);
  bytes.set(toBytes(values[SUM] as Tensor).subarray(chunk * KIB, (chunk + 1) * KIB));
  bytes[byte] = (bytes[byte] as number) ^ 1;
  return bytes;
}

function sourceOf({ program, values, honest }: ReturnType<typeof doubled>, known: KnownClaim): ProofSource {
  const given = (node: number): Uint8Array => toBytes(values[node] as Tensor);
  const inputs = inputsTree([], [[honest.own("trace", nodePlace(honest.shape, 0, 0)) as Uint8Array]]);
  const own = honest.traces[0] as PureClaim["traces"][number];
  return partialProofSource({ program, shard: 0, given, inputs }, 0, known, own);
}

function learned(claimed: LyingClaim, honest: PureClaim, chunks: readonly number[]): KnownClaim {
  const known = new KnownClaim(honest.shape, claimed.root);
  const trace = claimed.trace(0);
  if (trace === undefined) throw new Error("there is a trace");
  expect(known.learnTrace(0, trace.shardRoot, trace.data)).to.equal(true);
  const node = nodePlace(honest.shape, 0, SUM);
  const hashes = claimed.answer("trace", node) as Uint8Array;
  const children = Array.from({ length: 4 }, (_, i) => hashes.subarray(32 * i, 32 * i + 32));
  expect(known.learnChildren("trace", node, children)).to.equal(true);
  for (const chunk of chunks) {
    const place = chunkPlace(honest.shape, 0, SUM, chunk);
    expect(known.learnChunk(place, claimed.answer("trace", place) as Uint8Array)).to.equal(true);
  }
  return known;
}

describe("proofs against a trace of which a part is known", () => {
  it("open the claimed chunk by its own siblings, of which others are wrong as well", () => {
    const all = doubled();
    const { honest, values } = all;
    const lies = new Map([0, 1].map((i) => [chunkPlace(honest.shape, 0, SUM, i), altered(values, i, 4)]));
    const claimed = lyingClaim(honest, { chunks: lies });
    const known = learned(claimed, honest, [0]);
    const { claimed: opening } = buildStepProof(sourceOf(all, known), { node: SUM, element: 1 });
    const inTensor = opening.path.slice(0, 2);
    const root = known.hash("trace", nodePlace(honest.shape, 0, SUM)) as Uint8Array;
    const leaves = [chunkLeaf(opening.chunks)];
    expect(verifyRange({ root, count: 3, first: 0, leaves, proof: inTensor })).to.equal(true);
    const inShard = opening.path.slice(2);
    const shardRoot = claimed.hash("trace", shardPlace(honest.shape, 0));
    expect(verifyRange({ root: shardRoot, count: 2, first: SUM, leaves: [root], proof: inShard })).to.equal(true);
  });

  it("tell the last element of a tensor from the first byte behind it", () => {
    const all = doubled();
    const { honest, values } = all;
    const end = ELEMENTS * 4 - 2 * KIB;
    const names = [end - 1, end, KIB - 1].map((byte) => {
      const lies = new Map([[chunkPlace(honest.shape, 0, SUM, 2), altered(values, 2, byte)]]);
      const known = learned(lyingClaim(honest, { chunks: lies }), honest, [2]);
      const difference = firstDifference(known, honest.own, all.program);
      if (difference.kind !== "chunk") throw new Error(`a chunk, no ${difference.kind}`);
      const own = (node: number): Uint8Array => toBytes(values[node] as Tensor);
      const proof = makeProof(difference, known, own, sourceOf(all, known));
      expect(proof.shard).to.equal(0);
      expect(proof.shardRoot).to.equal(toHex(known.shardRoot(0) as Uint8Array));
      return proof.where;
    });
    expect(names).to.deep.equal(["node 1, element 599", "node 1, padding byte 2400", "node 1, padding byte 3071"]);
  });

  it("name no shard and no trace for a leaf beyond the last shard", () => {
    const { program, honest } = doubled();
    const two = pureClaim(
      [...honest.traces, ...honest.traces, ...honest.traces].map((t) => [t.tensors(0), t.tensors(1)]),
      [1],
    );
    const beyond = shardPlace(two.shape, 3);
    const claimed = lyingClaim(two, { outputs: new Map([[beyond, new Uint8Array(32).fill(7)]]) });
    const known = new KnownClaim(two.shape, claimed.root);
    const answer = claimed.answer("outputs", 1) as Uint8Array;
    const children = Array.from({ length: 4 }, (_, i) => answer.subarray(32 * i, 32 * i + 32));
    expect(known.learnChildren("outputs", 1, children)).to.equal(true);
    const difference = firstDifference(known, two.own, program);
    if (difference.kind !== "missing") throw new Error("a missing leaf");
    const proof = makeMissingProof(difference, known, program, 8);
    expect([proof.shard, proof.shardRoot]).to.deep.equal([0, `0x${"00".repeat(32)}`]);
    expect(proof.where).to.equal("a missing leaf in the tree over shards");
  });
});
