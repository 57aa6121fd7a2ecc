import { expect } from "chai";
import { AbiCoder, hexlify } from "ethers";

import { buildFixedRootProof, buildPaddingProof, encodeProof, type Proof } from "@orion/protocol/tensor";

import { rightClaim, spotsOf, stepProof } from "../../support/right-claim.ts";

const HEADER =
  "tuple(uint8 version, uint32 nodeCount, uint32 sharedSlots, uint32 shardSlots, uint8 outputCount, uint256[2] outputs, bytes32 descriptorsRoot)";
const NODE = `${HEADER} header, bytes descriptor, bytes32[] descriptorPath, uint32 node`;
const OPENING = "tuple(bytes chunks, bytes32[] path)";
/** The structs of contracts/types/Proof.sol. */
const TYPES = {
  step: `tuple(${NODE}, uint256 element, ${OPENING} claimed, ${OPENING}[] operands)`,
  padding: `tuple(${NODE}, uint256 position, ${OPENING} claimed)`,
  missingLeaf: `tuple(${NODE}, uint8 tree, uint8 level, uint256 index, bytes32 hash, bytes32[] path)`,
  fixedRoot: `tuple(${NODE}, bytes32 claimedRoot, bytes32[] claimedPath, bytes32 fixedRoot, bytes32[] fixedPath)`,
};

/** Calls `visit` with a proof of every kind about a random claim. */
function proofsOf(seed: number): Proof[] {
  const claim = rightClaim(seed);
  const spot = spotsOf(claim)[0]!;
  const source = claim.source(spot.shard);
  const step = stepProof(claim, spot);
  const { descriptor, descriptorPath, header } = step.proof;
  const nothing = { node: 0, descriptor: new Uint8Array(0), descriptorPath: [] };
  const path = source.trace.proveNode(0).inShard;
  const missing = {
    ...nothing,
    header,
    tree: "nodes",
    level: 0,
    index: 7,
    hash: new Uint8Array(32).fill(9),
    path,
  } as const;
  return [
    step,
    { kind: "padding", proof: buildPaddingProof(source, { ...spot, position: 1023 }) },
    { kind: "missingLeaf", proof: missing },
    { kind: "missingLeaf", proof: { ...missing, tree: "chunks", descriptor, descriptorPath } },
    { kind: "fixedRoot", proof: buildFixedRootProof(source, 0) },
  ];
}

describe("encodeProof", () => {
  it("writes what an ABI encoder writes", () => {
    for (let seed = 1; seed <= 12; seed++) {
      for (const proof of proofsOf(seed)) {
        const fields: Record<string, unknown> = { ...proof.proof };
        if (proof.kind === "missingLeaf") fields.tree = ["shards", "nodes", "chunks"].indexOf(proof.proof.tree);
        const expected = AbiCoder.defaultAbiCoder().encode([TYPES[proof.kind]], [fields]);
        expect(hexlify(encodeProof(proof).proof), proof.kind).to.equal(expected);
      }
    }
  });

  it("refuses what is no whole word", () => {
    const step = proofsOf(1)[0]! as Extract<Proof, { kind: "step" }>;
    const broken = (claimed: { chunks: Uint8Array; path: Uint8Array[] }): Proof => ({
      ...step,
      proof: { ...step.proof, claimed },
    });
    expect(() => encodeProof(broken({ chunks: new Uint8Array(33), path: [] }))).to.throw(
      "33 bytes are not whole words",
    );
    expect(() => encodeProof(broken({ chunks: new Uint8Array(32), path: [new Uint8Array(31)] }))).to.throw("not 31");
    expect(() => encodeProof({ ...step, proof: { ...step.proof, element: -1 } })).to.throw("-1 has no encoding");
  });
});
