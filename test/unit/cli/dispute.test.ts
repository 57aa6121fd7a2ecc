import { expect } from "chai";

import { chunkPlace, newDispute, nodePlace, ROOT, type ClaimDispute, type Place } from "@orion/protocol/disputes";

import { demandWords } from "../../../cli/dispute/place-words.ts";
import { proofFacts, proofLine } from "../../../cli/dispute/summary.ts";

/** Five shards (a tree of eight) of three nodes (of four); node 2 has 300 chunks. */
const SHAPE = { shards: 5, nodes: 3, leaves: [1, 2, 300] };

describe("a demand in words", () => {
  const words = (kind: "outputs" | "trace", place: Place): string =>
    demandWords({ kind, place, hash: "0x" }, SHAPE, 100);

  it("names shards by their number in the job, nodes and chunks by their own", () => {
    expect(words("outputs", ROOT)).to.equal("the outputs root");
    expect(words("outputs", 3)).to.equal("outputs of shards 104–107");
    expect(words("outputs", 8 + 4)).to.equal("outputs of shard 104");
    expect(words("trace", (8 + 4) * 2 + 1)).to.equal("shard 104, nodes 2–3");
    expect(words("trace", nodePlace(SHAPE, 4, 2))).to.equal("shard 104, node 2");
    expect(words("trace", nodePlace(SHAPE, 4, 2) * 4 + 1)).to.equal("shard 104, node 2, chunks 128–255");
    expect(words("trace", chunkPlace(SHAPE, 4, 2, 257))).to.equal("shard 104, node 2, chunk 257");
  });

  it("names traces and blocks of outputs, and leaves places numbers where the program cannot be had", () => {
    expect(demandWords({ kind: "shard", shard: 104, leaf: "0x" }, SHAPE, 100)).to.equal("trace of shard 104");
    const block = { shard: 104, output: 1, index: 3 };
    expect(demandWords({ kind: "block", block }, SHAPE, 100)).to.equal("output 1 of shard 104, block 3");
    expect(demandWords({ kind: "trace", place: 9, hash: "0x" }, undefined, 0)).to.equal("place 9 of the trace");
  });
});

describe("a proof in words", () => {
  const dispute = (proof: Partial<NonNullable<ClaimDispute["proof"]>>): ClaimDispute => ({
    ...newDispute("0x", "0x"),
    fallen: true,
    proof: {
      ...{
        prover: "0xaa",
        finder: "0xaa",
        kind: 0,
        shard: 3,
        node: 7,
        position: 12n,
        claimed: 3n,
        actual: -4n,
        transaction: "0x",
      },
      ...proof,
    },
  });
  const line = (proof: Parameters<typeof dispute>[0]): string => {
    const facts = proofFacts(dispute(proof));
    return facts === undefined ? "" : proofLine(facts);
  };

  it("shows elements and bytes as numbers, hashes as hashes", () => {
    expect(line({})).to.equal("node 7, element 12: claimed 3, true -4");
    expect(line({ kind: 1, actual: 0n })).to.equal("node 7, padding byte 12: claimed 3, true 0");
    const hash = `0x${"ff".repeat(31)}fe`;
    expect(line({ kind: 3, position: 0n, claimed: -2n, actual: 1n })).to.equal(
      `root of node 7, which job or program fix: claimed ${hash}, true 0x${"00".repeat(31)}01`,
    );
    expect(line({ kind: 2 })).to.match(/^missing leaf at 12: claimed 0x0+3, true 0xf+c$/);
  });

  it("names nobody as the finder where the proof was not sealed", () => {
    expect(proofFacts(dispute({}))?.finder).to.equal("0xaa");
    expect(proofFacts(dispute({ finder: `0x${"0".repeat(40)}` }))?.finder).to.equal(undefined);
  });
});
