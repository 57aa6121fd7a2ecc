import { expect } from "chai";
import fc from "fast-check";

import { fromHex, toHex } from "@orion/protocol/common";
import {
  chunkPlace,
  firstDifference,
  KnownClaim,
  nextMove,
  positionOf,
  spanOf,
  subjectOf,
  type ClaimDispute,
  type ClaimShape,
  type Place,
} from "@orion/protocol/disputes";
import { chunkLeaf, ClaimTree, tensorRoot, type Program } from "@orion/protocol/tensor";

/** A claim over random bytes: the descent looks at hashes only, so the program needs no more than its operators' names. */
interface Claimed {
  readonly tree: ClaimTree;
  readonly tensors: Uint8Array[][];
}

function claimOf(tensors: Uint8Array[][]): Claimed {
  const roots = tensors.map((nodes) => nodes.map((bytes) => tensorRoot(bytes)));
  return { tree: new ClaimTree(roots, (shard, node) => tensors[shard]?.[node] as Uint8Array), tensors };
}

function program(nodes: number): Program {
  const op = (i: number): string => (i === 0 ? "input" : "add");
  return { nodes: Array.from({ length: nodes }, (_, i) => ({ op: op(i) })) } as unknown as Program;
}

const scenario = fc
  .record({
    shards: fc.integer({ min: 1, max: 5 }),
    leaves: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 2, maxLength: 5 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  })
  .chain((base) =>
    fc.record({
      base: fc.constant(base),
      shard: fc.integer({ min: 0, max: base.shards - 1 }),
      node: fc.integer({ min: 1, max: base.leaves.length - 1 }),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      changesLater: fc.boolean(),
    }),
  );

function build({ base, shard, node, at, changesLater }: typeof scenario extends fc.Arbitrary<infer T> ? T : never) {
  const bytes = (leaves: number, salt: number): Uint8Array =>
    Uint8Array.from({ length: leaves * 1024 - 7 }, (_, i) => (i * 31 + (i >> 8) + salt * 17 + base.seed) & 0xff);
  const honest = Array.from({ length: base.shards }, (_, s) =>
    base.leaves.map((leaves, n) => bytes(leaves, s * 16 + n)),
  );
  const altered = honest.map((nodes) => nodes.map((tensor) => tensor.slice()));
  const target = altered[shard]?.[node] as Uint8Array;
  const position = Math.floor(at * target.length);
  target[position] = (target[position] as number) ^ 1;
  if (changesLater) {
    // Everything to the right is wrong as well; the first difference is still the same.
    const last = altered[base.shards - 1]?.at(-1) as Uint8Array;
    last[last.length - 1] = (last[last.length - 1] as number) ^ 1;
  }
  const shape: ClaimShape = { shards: base.shards, nodes: base.leaves.length, leaves: base.leaves };
  return { honest: claimOf(honest), claimed: claimOf(altered), shape, chunk: Math.floor(position / 1024) };
}

/** Plays worker and challenger against each other until the challenger can prove; returns the demanded places. */
function play(
  claimed: Claimed,
  honest: Claimed,
  shape: ClaimShape,
): { demanded: Place[]; known: KnownClaim; place: Place } {
  const known = new KnownClaim(shape, claimed.tree.root);
  const own = (place: Place): Uint8Array => honest.tree.hash(positionOf(shape, place));
  const dispute: ClaimDispute = { market: "0x", key: "0x", demands: new Map(), fallen: false };
  const demanded: Place[] = [];
  for (let round = 0; round < 64; round++) {
    const timing = { now: round, windowEnd: 0, descendPeriod: 1, timeOfBlock: (block: number) => block };
    const move = nextMove({ known, own, program: program(shape.nodes), dispute, ...timing });
    if (move.type === "prove") return { demanded, known, place: move.difference.place };
    if (move.type !== "demand") throw new Error(`unexpected move ${move.type}`);
    demanded.push(move.place);
    const hash = toHex(move.hash);
    const span = spanOf(shape, move.place);
    const subject = subjectOf(move.place, hash);
    const answer =
      span === 0
        ? toHex(chunkAt(claimed, shape, move.place))
        : joined(claimed.tree.children(descend(shape, move.place), span));
    const at = { place: move.place, hash };
    dispute.demands.set(subject, {
      subject,
      payer: "0x",
      deadline: round + 1,
      at,
      answer,
      answeredInBlock: round,
      timedOut: false,
      returned: false,
    });
  }
  throw new Error("the descent does not end");
}

/** A border is demanded as the root of the tree below it. */
function descend(shape: ClaimShape, place: Place): ReturnType<typeof positionOf> {
  const first = positionOf(shape, place * 2);
  if (first.tree === "shards") return positionOf(shape, place);
  return { ...first, level: first.level + 1, index: Math.floor(first.index / 2) };
}

function chunkAt(claimed: Claimed, shape: ClaimShape, place: Place): Uint8Array {
  for (const [shard, nodes] of claimed.tensors.entries()) {
    for (const [node, bytes] of nodes.entries()) {
      for (let i = 0; i < (shape.leaves[node] ?? 0); i++) {
        if (chunkPlace(shape, shard, node, i) !== place) continue;
        const chunk = new Uint8Array(1024);
        chunk.set(bytes.subarray(i * 1024, i * 1024 + 1024));
        return chunk;
      }
    }
  }
  throw new Error("no such chunk");
}

const joined = (hashes: Uint8Array[]): string => `0x${hashes.map((hash) => toHex(hash).slice(2)).join("")}`;

describe("descent into a withheld claim", () => {
  it("ends at the first chunk that differs, whatever differs to its right, in one demand per seven levels", () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { honest, claimed, shape, chunk } = build(input);
        const { demanded, known, place } = play(claimed, honest, shape);
        expect(place).to.equal(chunkPlace(shape, input.shard, input.node, chunk));
        expect(chunkLeaf(known.chunk(place) as Uint8Array)).to.deep.equal(known.hash(place));
        expect(demanded.length).to.be.at.most(1 + 1 + 2 + 1);
      }),
      { numRuns: 25 },
    );
  });

  it("needs no demand for what the worker has published", () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { honest, claimed, shape, chunk } = build(input);
        const known = new KnownClaim(shape, claimed.tree.root);
        const roots = claimed.tensors.map((nodes) => nodes.map((bytes) => tensorRoot(bytes)));
        expect(known.learnNodeRoots(roots)).to.equal(true);
        expect(
          known.learnTensor(input.shard, input.node, claimed.tensors[input.shard]?.[input.node] as Uint8Array),
        ).to.equal(true);
        const own = (place: Place): Uint8Array => honest.tree.hash(positionOf(shape, place));
        const found = firstDifference(known, own, program(shape.nodes));
        expect(found).to.include({ kind: "chunk", place: chunkPlace(shape, input.shard, input.node, chunk) });
      }),
      { numRuns: 25 },
    );
  });

  it("believes nothing that does not hash to the claim", () => {
    const { honest, claimed, shape } = build({
      base: { shards: 2, leaves: [1, 3], seed: 1 },
      shard: 1,
      node: 1,
      at: 0.5,
      changesLater: false,
    });
    const known = new KnownClaim(shape, claimed.tree.root);
    expect(known.learnNodeRoots(honest.tensors.map((nodes) => nodes.map((bytes) => tensorRoot(bytes))))).to.equal(
      false,
    );
    expect(known.learnChildren(1, [new Uint8Array(32), new Uint8Array(32)])).to.equal(false);
    expect(known.learnChildren(1, [new Uint8Array(32)])).to.equal(false);
    expect(known.learnTensor(1, 1, honest.tensors[1]?.[1] as Uint8Array)).to.equal(false);
    expect(known.hash(2)).to.equal(undefined);
  });

  it("names an equal claim right and a late challenge late", () => {
    const { honest, claimed, shape } = build({
      base: { shards: 2, leaves: [1, 3], seed: 1 },
      shard: 0,
      node: 1,
      at: 0,
      changesLater: false,
    });
    const own = (place: Place): Uint8Array => honest.tree.hash(positionOf(shape, place));
    const rest = { own, program: program(2), dispute: undefined, descendPeriod: 5, timeOfBlock: () => 0 };
    expect(nextMove({ ...rest, known: new KnownClaim(shape, honest.tree.root), now: 1, windowEnd: 9 })).to.deep.equal({
      type: "none",
    });
    expect(nextMove({ ...rest, known: new KnownClaim(shape, claimed.tree.root), now: 10, windowEnd: 9 })).to.deep.equal(
      { type: "late", place: 1, hash: claimed.tree.root },
    );
    expect(nextMove({ ...rest, known: new KnownClaim(shape, claimed.tree.root), now: 9, windowEnd: 9 }).type).to.equal(
      "demand",
    );
  });

  it("waits for an open demand, then times it out", () => {
    const { honest, claimed, shape } = build({
      base: { shards: 1, leaves: [1, 3], seed: 1 },
      shard: 0,
      node: 1,
      at: 0,
      changesLater: false,
    });
    const own = (place: Place): Uint8Array => honest.tree.hash(positionOf(shape, place));
    const hash = toHex(claimed.tree.root);
    const subject = subjectOf(1, hash);
    const demand = { subject, payer: "0x", deadline: 20, at: { place: 1, hash }, timedOut: false, returned: false };
    const dispute: ClaimDispute = { market: "0x", key: "0x", demands: new Map([[subject, demand]]), fallen: false };
    const rest = {
      known: new KnownClaim(shape, fromHex(hash)),
      own,
      program: program(2),
      dispute,
      descendPeriod: 5,
      timeOfBlock: () => 0,
      windowEnd: 5,
    };
    expect(nextMove({ ...rest, now: 20 })).to.deep.equal({ type: "wait", until: 20 });
    expect(nextMove({ ...rest, now: 21 })).to.deep.equal({ type: "timeout", subject });
  });
});
