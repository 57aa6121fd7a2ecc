import { expect } from "chai";

import { chunkPlace, nodePlace, ROOT, type ClaimDispute } from "@orion/protocol/disputes";

import { placeWords } from "../../../cli/dispute/place-words.ts";
import { proofFacts, proofLine } from "../../../cli/dispute/summary.ts";

/** Five shards (a tree of eight) of three nodes (of four); node 2 has 300 chunks. */
const SHAPE = { shards: 5, nodes: 3, leaves: [1, 2, 300] };

describe("a place of a claim in words", () => {
  it("names shards by their number in the job, nodes and chunks by their own", () => {
    expect(placeWords(SHAPE, 100, ROOT)).to.equal("the claim root");
    expect(placeWords(SHAPE, 100, 3)).to.equal("shards 104–107");
    expect(placeWords(SHAPE, 100, 8 + 4)).to.equal("shard 104");
    expect(placeWords(SHAPE, 100, (8 + 4) * 2 + 1)).to.equal("shard 104, nodes 2–3");
    expect(placeWords(SHAPE, 100, nodePlace(SHAPE, 4, 2))).to.equal("shard 104, node 2");
    expect(placeWords(SHAPE, 100, nodePlace(SHAPE, 4, 2) * 4 + 1)).to.equal("shard 104, node 2, chunks 128–255");
    expect(placeWords(SHAPE, 100, chunkPlace(SHAPE, 4, 2, 257))).to.equal("shard 104, node 2, chunk 257");
  });
});

describe("a proof in words", () => {
  const dispute = (proof: Partial<NonNullable<ClaimDispute["proof"]>>): ClaimDispute => ({
    ...{ market: "0x", key: "0x", demands: new Map(), fallen: true },
    proof: {
      ...{
        prover: "0xaa",
        finder: "0xaa",
        kind: 0,
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
