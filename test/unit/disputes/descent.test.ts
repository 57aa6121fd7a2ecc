import { expect } from "chai";
import fc from "fast-check";

import { chunkPlace, firstDifference, shardPlace, type Place } from "@orion/protocol/disputes";
import { chunkLeaf } from "@orion/protocol/tensor";

import type { LyingClaim } from "../../support/lying-claim.ts";
import { Game, lyingClaim, pureClaim, someBytes, type PureClaim } from "./support.ts";

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
      outputs: fc.uniqueArray(fc.integer({ min: 1, max: base.leaves.length - 1 }), { minLength: 1, maxLength: 3 }),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  );

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** A byte of one node and one of the last output are altered: what is committed differs only through the latter. */
function build({ base, shard, node, outputs, at }: Scenario): { honest: PureClaim; claimed: LyingClaim; first: Place } {
  const tensors = Array.from({ length: base.shards }, (_, s) =>
    base.leaves.map((leaves, n) => someBytes(leaves * 1024 - 7, s * 16 + n + base.seed)),
  );
  const outputNodes = [...outputs].sort((a, b) => a - b);
  const honest = pureClaim(tensors, outputNodes);
  const alter = (n: number, position: number): [Place, Uint8Array] => {
    const index = Math.floor(position / 1024);
    const chunk = new Uint8Array(1024);
    chunk.set((tensors[shard]?.[n] as Uint8Array).subarray(index * 1024, index * 1024 + 1024));
    chunk[position % 1024] = (chunk[position % 1024] as number) ^ 1;
    return [chunkPlace(honest.shape, shard, n, index), chunk];
  };
  const last = outputNodes.at(-1) as number;
  const altered = new Map([alter(last, 0), alter(node, Math.floor(at * ((base.leaves[node] as number) * 1024 - 7)))]);
  const claimed = lyingClaim(honest, { chunks: altered });
  const first = [...altered.keys()].sort((a, b) => nodeIn(honest, a) - nodeIn(honest, b) || a - b)[0] as Place;
  return { honest, claimed, first };
}

function nodeIn({ shape }: PureClaim, place: Place): number {
  for (let shard = 0; shard < shape.shards; shard++) {
    for (let node = 0; node < shape.nodes; node++) {
      const from = chunkPlace(shape, shard, node, 0);
      if (place >= from && place < from + (shape.leaves[node] as number)) return node;
    }
  }
  throw new Error("no such chunk");
}

describe("descent into a withheld claim", () => {
  it("ends at the first chunk that differs in the first shard whose outputs do", () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { honest, claimed, first } = build(input);
        const game = new Game(honest, claimed);
        const end = game.play();
        expect(end.type).to.equal("prove");
        if (end.type !== "prove" || end.difference.kind !== "chunk") throw new Error("the end is no chunk");
        expect(end.difference.place).to.equal(first);
        expect(chunkLeaf(game.known.chunk(first) as Uint8Array)).to.deep.equal(game.known.hash("trace", first));
        const demands = game.moves.filter(({ type }) => type === "demand").length;
        const traces = game.moves.filter(({ type }) => type === "demandTrace").length;
        expect(traces).to.equal(1);
        // The outputs' top if there are several shards, up to 300 chunks in two steps, the chunk itself.
        expect(demands).to.be.at.most((input.base.shards > 1 ? 1 : 0) + 2 + 1);
      }),
      { numRuns: 25 },
    );
  });

  it("needs the trace only, where the worker has published its outputs", () => {
    fc.assert(
      fc.property(scenario, (input) => {
        const { honest, claimed } = build(input);
        const game = new Game(honest, claimed);
        expect(game.known.learnLeaves(claimed.leaves())).to.equal(true);
        const move = game.next();
        expect(move).to.include({ type: "demandTrace", shard: input.shard });
        game.make(move);
        game.answer();
        for (const node of honest.outputNodes) {
          game.next();
          const bytes = claimed.tensor(input.shard, node, chunkPlace(honest.shape, input.shard, node, 0));
          expect(game.known.learnTensor(input.shard, node, bytes)).to.equal(true);
        }
        const found = firstDifference(game.known, honest.own, honest.program);
        expect(["chunk", "unknown"]).to.include(found.kind);
      }),
      { numRuns: 25 },
    );
  });

  it("believes nothing that does not hash to the claim", () => {
    const { honest, claimed } = build({
      base: { shards: 2, leaves: [1, 3], seed: 1 },
      shard: 1,
      node: 1,
      outputs: [1],
      at: 0.5,
    });
    const { known } = new Game(honest, claimed);
    expect(known.learnLeaves([0, 1].map((s) => honest.own("outputs", 2 + s) as Uint8Array))).to.equal(false);
    expect(known.learnChildren("outputs", 1, [new Uint8Array(32), new Uint8Array(32)])).to.equal(false);
    expect(known.learnChildren("outputs", 1, [new Uint8Array(32)])).to.equal(false);
    const root = claimed.hash("trace", shardPlace(honest.shape, 1));
    expect(known.learnTrace(1, root, new Uint8Array(64))).to.equal(false);
    expect(known.shardRoot(1)).to.equal(undefined);
    expect(known.learnTrace(1, root, claimed.trace(1)?.data as Uint8Array)).to.equal(true);
    const other = honest.own("trace", shardPlace(honest.shape, 1)) as Uint8Array;
    expect(known.learnTrace(1, other, claimed.trace(1)?.data as Uint8Array)).to.equal(false);
    expect(known.learnTensor(1, 1, honest.traces[1]?.tensors(1) as Uint8Array)).to.equal(false);
    expect(known.hash("outputs", 2)).to.equal(undefined);
  });

  it("ends at once where the claim is right", () => {
    const honest = pureClaim([[someBytes(10, 1), someBytes(10, 2)]], [1]);
    const right = lyingClaim(honest, {});
    expect(new Game(honest, right).next()).to.deep.equal({ type: "none" });
  });
});
