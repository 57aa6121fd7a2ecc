import { expect } from "chai";

import {
  chunkPlace,
  MOST_JOINED,
  nodePlace,
  shardPlace,
  subjectOf,
  type Move,
  type OwnHash,
  type Subject,
} from "@orion/protocol/disputes";
import { toHex } from "@orion/protocol/common";

import { CLOCKS, FROM, Game, lyingClaim, pureClaim, someBytes, type PureClaim } from "./support.ts";
import type { LyingClaim } from "../../support/lying-claim.ts";

const KIB = 1024;

/** Two shards of three nodes, node 2 being the output; a hidden node and the output of shard 1 are wrong. */
function wrong(chunks = 3): { honest: PureClaim; claimed: LyingClaim; altered: number } {
  const shard = (s: number): Uint8Array[] => [0, 1, 2].map((n) => someBytes(chunks * KIB, 8 * s + n));
  const honest = pureClaim([shard(0), shard(1)], [2]);
  const altered = chunkPlace(honest.shape, 1, 1, 1);
  const lie = (place: number): [number, Uint8Array] => [place, someBytes(KIB, place)];
  return {
    honest,
    claimed: lyingClaim(honest, { chunks: new Map([lie(altered), lie(chunkPlace(honest.shape, 1, 2, 0))]) }),
    altered,
  };
}

function demandOf(move: Move): Subject {
  if (move.type === "demand") return { kind: move.tree, place: move.place, hash: toHex(move.hash) };
  if (move.type === "demandTrace") return { kind: "shard", shard: move.shard + FROM, leaf: toHex(move.leaf) };
  throw new Error(`${move.type} is no demand`);
}

describe("moves of a challenger", () => {
  it("descends the outputs, demands the trace of the shard that differs, and goes down to its first wrong chunk", () => {
    const { honest, claimed, altered } = wrong();
    const game = new Game(honest, claimed);
    const end = game.play();
    expect(end).to.deep.include({ type: "prove" });
    const told = game.moves.map((move) => {
      if (move.type === "demand") return `${move.tree} ${String(move.place)} by ${String(move.path.length)}`;
      return move.type === "demandTrace" ? `trace of ${String(move.shard)} by ${String(move.path.length)}` : move.type;
    });
    expect(told).to.deep.equal([
      "outputs 1 by 0",
      "trace of 1 by 1",
      // The trace's answer showed the node roots; only the hashes in the wrong tensor and its chunk are missing.
      `trace ${String(nodePlace(honest.shape, 1, 1))} by 2`,
      `trace ${String(altered)} by 2`,
      "prove",
    ]);
  });

  it("looks at the top of the outputs before anything is computed, where nothing was published", () => {
    const { honest, claimed } = wrong();
    const nothing: OwnHash = () => undefined;
    const game = new Game(honest, claimed, { own: nothing });
    expect(game.next()).to.deep.equal({ type: "none" });
    expect(game.top()).to.deep.include({ type: "demand", tree: "outputs", place: 1, path: [] });
    game.make(game.top());
    expect(game.top()).to.deep.equal({ type: "wait", until: CLOCKS.answerPeriod });
    game.now = CLOCKS.answerPeriod + 1;
    expect(game.top()).to.have.property("type", "timeout");
    game.answer();
    expect(game.top()).to.deep.equal({ type: "none" });
    const one = pureClaim([[someBytes(9, 1), someBytes(9, 2)]], [1]);
    expect(new Game(one, lyingClaim(one, {}), { own: nothing }).top()).to.deep.equal({ type: "none" });
  });

  it("goes for a wrong shard as soon as that one was computed, and asks for its own trace when that is what is missing", () => {
    const { honest, claimed } = wrong();
    const second: OwnHash = (tree, place) =>
      tree === "outputs" && place === shardPlace(honest.shape, 1) ? honest.own(tree, place) : undefined;
    const game = new Game(honest, claimed, { own: second });
    expect(game.known.learnLeaves(claimed.leaves())).to.equal(true);
    expect(game.next()).to.include({ type: "demandTrace", shard: 1 });
    game.make(game.next());
    game.answer();
    expect(game.next()).to.deep.equal({ type: "trace", shard: 1 });
  });

  it("proves a leaf beyond the last shard when all shards agree and the roots differ", () => {
    const shard = (s: number): Uint8Array[] => [someBytes(9, s), someBytes(9, s + 9)];
    const honest = pureClaim([shard(0), shard(1), shard(2)], [1]);
    const beyond = shardPlace(honest.shape, 3);
    const claimed = lyingClaim(honest, { outputs: new Map([[beyond, someBytes(32, 1)]]) });
    const game = new Game(honest, claimed);
    // What the worker publishes folds to another root than it has committed to.
    expect(game.known.learnLeaves(claimed.leaves())).to.equal(false);
    const end = game.play();
    expect(end.type === "prove" && end.difference).to.deep.include({ kind: "missing", tree: "outputs", place: beyond });
  });

  it("sees the first missing leaf of every tree (one past the last)", () => {
    const shard = (s: number): Uint8Array[] => [0, 1, 2].map((n) => someBytes(3 * KIB, 4 * s + n));
    const honest = pureClaim([shard(0)], [2]);
    const output: [number, Uint8Array] = [chunkPlace(honest.shape, 0, 2, 0), someBytes(KIB, 99)];
    const places = [nodePlace(honest.shape, 0, 3), chunkPlace(honest.shape, 0, 1, 3)];
    for (const place of places) {
      const hashes = new Map([[place, someBytes(32, place)]]);
      const game = new Game(honest, lyingClaim(honest, { hashes, chunks: new Map([output]) }));
      const end = game.play();
      if (place === places[0]) {
        // The wrong output stands to the left of the missing node, and is found first.
        expect(end.type === "prove" && end.difference).to.deep.include({ kind: "chunk", place: output[0] });
        continue;
      }
      expect(end.type === "prove" && end.difference).to.deep.include({ kind: "missing", tree: "trace", place });
    }
  });

  it("lets nobody close the door: a trace that a friend had answered early is a root for the whole window", () => {
    const { honest, claimed } = wrong();
    const game = new Game(honest, claimed);
    const leaf = toHex(claimed.hash("outputs", shardPlace(honest.shape, 1)));
    game.demand({ kind: "shard", shard: 1 + FROM, leaf });
    game.answer();
    expect(game.known.learnLeaves(claimed.leaves())).to.equal(true);
    game.now = CLOCKS.windowEnd;
    expect(game.next()).to.include({ type: "demand", tree: "trace", place: nodePlace(honest.shape, 1, 1) });
    game.now = CLOCKS.windowEnd + 1;
    expect(game.next().type).to.equal("late");
  });

  it("goes on after the window for as long as the last answer allows", () => {
    const { honest, claimed } = wrong();
    const game = new Game(honest, claimed);
    game.now = CLOCKS.windowEnd;
    game.make(game.next());
    game.answer();
    game.now += CLOCKS.descendPeriod;
    expect(game.next()).to.include({ type: "demandTrace", shard: 1 });
    game.now++;
    expect(game.next().type).to.equal("late");
    game.now--;
    game.make(game.next());
    game.answer();
    game.now += CLOCKS.descendPeriod;
    expect(game.next()).to.include({ type: "demand", tree: "trace" });
    game.now++;
    expect(game.next().type).to.equal("late");
  });

  it("is late where nothing was asked for within the window", () => {
    const { honest, claimed } = wrong();
    const game = new Game(honest, claimed);
    game.now = CLOCKS.windowEnd + 1;
    expect(game.next()).to.deep.equal({ type: "late", tree: "outputs", place: 1, hash: claimed.root });
  });

  it("joins an open chunk demand of the shard while its turn has not begun, and no joiner", () => {
    const { honest, claimed, altered } = wrong();
    const game = new Game(honest, claimed);
    for (let move = game.next(); move.type !== "prove"; move = game.next()) {
      if (move.type === "demand" && move.place === altered) break;
      game.make(move);
      game.answer();
      game.now++;
    }
    const other = chunkPlace(honest.shape, 1, 0, 0);
    const leader = { place: other, hash: toHex(claimed.hash("trace", other)) };
    const deadline = game.now + CLOCKS.traceTime + CLOCKS.answerPeriod;
    game.demand({ kind: "trace", ...leader }, deadline);
    expect(game.next()).to.deep.include({ type: "demand", place: altered, leader });
    game.now++;
    expect(game.next()).to.not.have.property("leader");
    game.now--;
    const joiner = chunkPlace(honest.shape, 1, 0, 1);
    game.demand({ kind: "trace", place: joiner, hash: toHex(claimed.hash("trace", joiner)) }, deadline);
    for (const demand of game.dispute.demands.values()) {
      if (demand.what.kind === "trace" && demand.what.place === other) demand.answer = "0x";
    }
    expect(game.next()).to.not.have.property("leader");
  });

  it("joins nobody where as many demands as may share places do, open ones of any shard", () => {
    const { honest, claimed, altered } = wrong(MOST_JOINED + 4);
    const game = new Game(honest, claimed);
    for (let move = game.next(); move.type !== "prove"; move = game.next()) {
      if (move.type === "demand" && move.place === altered) break;
      game.make(move);
      game.answer();
      game.now++;
    }
    const demandChunk = (shard: number, chunk: number, deadline: number): void => {
      const place = chunkPlace(honest.shape, shard, 0, chunk);
      game.demand({ kind: "trace", place, hash: toHex(claimed.hash("trace", place)) }, deadline);
    };
    const deadline = game.now + 2 * CLOCKS.traceTime + CLOCKS.answerPeriod;
    demandChunk(1, 0, deadline);
    // Of another shard, whose leader may have the same deadline.
    for (let chunk = 0; chunk < MOST_JOINED; chunk++) demandChunk(0, chunk, deadline);
    expect(game.next()).to.deep.include({ type: "demand", place: altered }).and.to.have.property("leader");
    demandChunk(0, MOST_JOINED, deadline);
    expect(game.next()).to.deep.include({ type: "demand", place: altered }).and.not.to.have.property("leader");
    for (const demand of game.dispute.demands.values()) {
      const { what } = demand;
      if (what.kind === "trace" && what.place === chunkPlace(honest.shape, 0, 0, 5)) demand.answer = "0x";
    }
    expect(game.next()).to.have.property("leader");
  });

  it("waits for an open demand, then ends the claim by whichever was not answered in time", () => {
    const { honest, claimed } = wrong();
    const game = new Game(honest, claimed);
    const first = game.next();
    game.make(first);
    expect(game.next()).to.deep.equal({ type: "wait", until: CLOCKS.answerPeriod });
    game.now = CLOCKS.answerPeriod + 1;
    const subject = subjectOf(demandOf(first), honest.shape, FROM);
    expect(game.next()).to.deep.equal({ type: "timeout", subject });
    game.answer();
    const block: Subject = { kind: "block", block: { shard: FROM, output: 0, index: 0 } };
    game.demand(block, game.now - 1);
    expect(game.next()).to.deep.equal({ type: "timeout", subject: subjectOf(block, honest.shape, FROM) });
    game.dispute.fallen = true;
    expect(game.next()).to.deep.equal({ type: "none" });
  });

  it("waits for its turn in the worker's queue when the trace is demanded, and then ends the claim", () => {
    const { honest, claimed } = wrong();
    const game = new Game(
      honest,
      lyingClaim(honest, {
        outputs: new Map([[shardPlace(honest.shape, 0), someBytes(32, 5)]]),
      }),
    );
    expect(claimed.root).to.not.deep.equal(game.known.hash("outputs", 1));
    const end = game.play();
    expect(game.moves.map(({ type }) => type)).to.deep.equal(["demand", "demandTrace", "wait", "timeout"]);
    const leaf = toHex(game.known.leaf(0) as Uint8Array);
    const subject = subjectOf({ kind: "shard", shard: FROM, leaf }, honest.shape, FROM);
    expect(end).to.deep.equal({ type: "timeout", subject });
  });
});
