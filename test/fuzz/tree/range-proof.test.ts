import { expect } from "chai";
import fc from "fast-check";
import { MerkleTree } from "../../../protocol/tensor/tree/merkle-tree.ts";
import { verifyRange } from "../../../protocol/tensor/tree/range-proof.ts";
import { naiveProof, naiveRoot, someLeaves } from "../../unit/tree/naive-tree.ts";

const numRuns = 60 * Number(process.env["FUZZ_RUNS"] ?? 1);

const range = fc
  .integer({ min: 1, max: 300 })
  .chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1), fc.nat(count - 1), fc.nat(255)))
  .map(([count, a, b, seed]) => ({
    count,
    first: Math.min(a, b),
    last: Math.max(a, b),
    leaves: someLeaves(count, seed),
  }));

describe("range proof (fuzz)", () => {
  it("is the naive one and holds, for any range of any tree", () => {
    fc.assert(
      fc.property(range, ({ count, first, last, leaves }) => {
        const tree = MerkleTree.fromLeaves(leaves);
        const proof = tree.rangeProof(first, last);
        expect(tree.root).to.deep.equal(naiveRoot(leaves));
        expect(proof).to.deep.equal(naiveProof(leaves, first, last));
        const claim = { root: tree.root, count, first, leaves: leaves.slice(first, last + 1), proof };
        expect(verifyRange(claim)).to.equal(true);
      }),
      { numRuns },
    );
  });

  it("fails when any byte of the proof, of a leaf or of the root changes", () => {
    fc.assert(
      fc.property(range, fc.nat(31), fc.integer({ min: 1, max: 255 }), (tree, at, mask) => {
        const { count, first, last, leaves } = tree;
        const merkle = MerkleTree.fromLeaves(leaves);
        const good = {
          root: merkle.root,
          count,
          first,
          leaves: leaves.slice(first, last + 1),
          proof: merkle.rangeProof(first, last),
        };
        const spoil = (hash: Uint8Array): Uint8Array => hash.map((byte, i) => (i === at ? byte ^ mask : byte));
        expect(verifyRange({ ...good, root: spoil(good.root) })).to.equal(false);
        good.proof.forEach((hash, i) => {
          expect(verifyRange({ ...good, proof: good.proof.with(i, spoil(hash)) })).to.equal(false);
        });
        good.leaves.slice(0, 4).forEach((hash, i) => {
          expect(verifyRange({ ...good, leaves: good.leaves.with(i, spoil(hash)) })).to.equal(false);
        });
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });

  it("fails for every single flipped byte of one proof", () => {
    const leaves = someLeaves(11);
    const tree = MerkleTree.fromLeaves(leaves);
    const proof = tree.rangeProof(3, 6);
    proof.forEach((hash, i) => {
      for (let at = 0; at < 32; at++) {
        const spoiled = hash.slice();
        spoiled[at] = (hash[at] ?? 0) ^ 1;
        const claim = {
          root: tree.root,
          count: 11,
          first: 3,
          leaves: leaves.slice(3, 7),
          proof: proof.with(i, spoiled),
        };
        expect(verifyRange(claim), `hash ${i} byte ${at}`).to.equal(false);
      }
    });
  });

  it("never throws, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.anything(),
        fc.anything(),
        fc.anything(),
        fc.anything(),
        (root, count, first, leaves, proof) => {
          expect(verifyRange({ root, count, first, leaves, proof } as never)).to.equal(false);
        },
      ),
      { numRuns: numRuns * 4 },
    );
  });
});
