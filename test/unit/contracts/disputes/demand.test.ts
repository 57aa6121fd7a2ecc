import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { ZeroHash, getBytes, hexlify, id, solidityPackedSha256 } from "ethers";

import { chunkPlace, nodePlace, ROOT, subjectOf } from "@orion/protocol/disputes";
import { chunkLeaf, descriptorsTree, encodeDescriptor } from "@orion/protocol/tensor";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  LARGE_CHUNKS,
  NODE,
  smallClaim,
  STANDARD,
  WINDOW,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";
import { NO_ENTRY } from "../../../support/disputed-claim.ts";
import { nodeSha256 } from "../../../support/node-sha256.ts";
import { ProofFault } from "../../../support/proof-fault.ts";

/** States as the contract counts them. */
const OPEN = 1n;

describe("DisputeManager demand", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  let roots: number;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
  });

  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
    roots = nodePlace(claim.shape, 1, NODE.roots);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sending)
      .to.be.revertedWithCustomError(f.disputes, error)
      .withArgs(...args);

  describe("when everything is in order", () => {
    it("announces what is demanded, how far the answer reaches and until when", async () => {
      const at = (await f.now()) + 10;
      await f.time.setNextBlockTimestamp(at);
      const { challenger, market } = f;
      const deadline = at + f.profile.answerPeriod;
      await expect(f.demand(claim, ROOT))
        .to.emit(f.disputes, "Demanded")
        .withArgs(market.address, claim.key, challenger.address, ROOT, claim.hash(ROOT), 2, deadline);
      const demand = await f.disputes.demandOf(market, claim.key, claim.subject(ROOT));
      expect(demand.payer).to.equal(challenger.address);
      expect(demand.time).to.equal(deadline);
      expect(demand.bits & 7n).to.equal(OPEN);
    });

    it("counts the open demands and holds settlement until the answer is due", async () => {
      await f.demand(claim, ROOT);
      await f.demand(claim, roots, { value: 2n * f.price });
      const outcome = await f.disputes.outcome(f.market, claim.key);
      expect(outcome.open).to.equal(2);
      expect(outcome.holdUntil).to.equal((await f.now()) + f.profile.answerPeriod);
      expect([outcome.fallen, outcome.closed]).to.deep.equal([false, false]);
    });

    it("asks 1 + open/8 of the schedule, keeps it and credits the excess", async () => {
      const places = [ROOT, roots, nodePlace(claim.shape, 0, NODE.roots), nodePlace(claim.shape, 2, NODE.output)];
      let held = 0n;
      for (const [open, place] of places.entries()) {
        const price = (f.price * BigInt(8 + open)) / 8n;
        expect(await f.disputes.priceOf(f.market, claim.key, STANDARD)).to.equal(price);
        await f.demand(claim, place, { value: price + 5n });
        held += price + 5n;
        expect(await f.disputes.balanceOf(f.challenger)).to.equal(5n * BigInt(open + 1));
        expect(await f.ethers.provider.getBalance(f.disputes)).to.equal(held);
      }
    });

    it("spans up to seven levels and ends at the borders of shards, nodes and tensors", async () => {
      const large = nodePlace(claim.shape, 1, NODE.roots);
      const spans: [number, number][] = [
        [ROOT, 2],
        [4 + 1, 3],
        [large, 7],
        [large * 2 ** 7 + 3, 1],
        [chunkPlace(claim.shape, 1, NODE.roots, 6), 0],
        [nodePlace(claim.shape, 2, NODE.sums), 0],
      ];
      for (const [place, span] of spans) {
        await expect(f.demand(claim, place, { value: 2n * f.price }))
          .to.emit(f.disputes, "Demanded")
          .withArgs(anyValue, anyValue, anyValue, place, anyValue, span, anyValue);
      }
    });
  });

  describe("from the claim root", () => {
    it("is open until the last second of the window", async () => {
      await f.time.setNextBlockTimestamp(claim.facts.windowEnd);
      await f.demand(claim, roots);
    });

    it("is refused afterwards", async () => {
      await f.time.setNextBlockTimestamp(claim.facts.windowEnd + 1);
      await refused(f.demand(claim, roots), "NotInClaim", claim.hash(ROOT), claim.hash(ROOT));
    });

    it("is open afterwards where the root itself was answered, for the time of a descent", async () => {
      await f.time.setNextBlockTimestamp(claim.facts.windowEnd);
      await f.demand(claim, ROOT);
      await f.respond(claim, ROOT);
      const until = (await f.now()) + f.profile.descendPeriod;
      await f.time.setNextBlockTimestamp(until);
      await f.demand(claim, roots);
      await refused(f.demand(claim, nodePlace(claim.shape, 0, NODE.roots), { value: 2n * f.price }), "TooLate", until);
    });
  });

  describe("from an answered place", () => {
    let until: number;

    beforeEach(async () => {
      await f.demand(claim, roots);
      await f.respond(claim, roots);
      await f.time.increaseTo(claim.facts.windowEnd + 1 - WINDOW + 20);
      until = Number((await f.disputes.demandOf(f.market, claim.key, claim.subject(roots))).time);
      until += f.profile.descendPeriod;
    });

    it("takes the path up to it only, and no descriptor", async () => {
      const child = roots * 2 ** 7 + 9;
      await f.time.setNextBlockTimestamp(until);
      await f.demand(claim, child, { levels: 7, entry: NO_ENTRY });
    });

    it("reaches below what was answered in another claim meanwhile", async () => {
      const other = await f.record(fixture);
      const child = chunkPlace(claim.shape, 1, NODE.roots, 17) / 2;
      await f.demand(other, Math.floor(child));
      await f.respond(other, Math.floor(child));
      await refused(
        f.demand(claim, Math.floor(child), { levels: 7 }),
        "AlreadyAnswered",
        claim.hash(Math.floor(child)),
        1,
      );
      await f.demand(claim, chunkPlace(claim.shape, 1, NODE.roots, 17), { levels: 8 });
    });

    it("is refused when the time of the descent is over", async () => {
      await f.time.setNextBlockTimestamp(until + 1);
      await refused(f.demand(claim, roots * 2 ** 7 + 9, { levels: 7 }), "TooLate", until);
    });

    it("is refused below another claim's answer", async () => {
      const other = await f.record(fixture);
      const child = roots * 2 ** 7 + 9;
      await refused(f.demand(other, child, { levels: 7 }), "NotInClaim", other.hash(ROOT), claim.hash(roots));
    });

    it("is refused below a demand that is still open", async () => {
      const place = nodePlace(claim.shape, 2, NODE.roots);
      await f.demand(claim, place);
      const child = place * 2 ** 7;
      const sending = f.demand(claim, child, { levels: 7, value: 2n * f.price });
      await refused(sending, "NotInClaim", claim.hash(ROOT), claim.hash(place));
    });
  });

  describe("of something that is no part of the claim", () => {
    it("is refused at place zero", () => refused(f.demand(claim, ROOT, { target: { place: 0 } }), "NoSuchPlace", 0));

    it("is refused where the path leads above the root", () => {
      const path = [...claim.placed(roots).path, new Uint8Array(32)];
      return refused(f.demand(claim, roots, { target: { path } }), "NoSuchPlace", roots);
    });

    it("is refused with a wrong hash", () =>
      refused(f.demand(claim, roots, { target: { hash: id("hash") } }), "NotInClaim", claim.hash(ROOT), anyValue));

    it("is refused with a wrong path", () => {
      const path = claim.placed(roots).path.with(2, new Uint8Array(32));
      return refused(f.demand(claim, roots, { target: { path } }), "NotInClaim", claim.hash(ROOT), anyValue);
    });

    it("is refused at the place next to it", () =>
      refused(f.demand(claim, roots, { target: { place: roots + 2 } }), "NotInClaim", claim.hash(ROOT), anyValue));

    it("is refused beyond the shards, the nodes and the chunks that there are", async () => {
      const entry = claim.entry(NODE.roots);
      const past = [4 + 3, chunkPlace(claim.shape, 1, NODE.roots, LARGE_CHUNKS), roots * 2 ** 7 + LARGE_CHUNKS / 2];
      for (const place of past) await refused(f.demand(claim, place, { entry }), "BeyondCount", place);
      const node = nodePlace(claim.shape, 1, 5);
      await refused(f.demand(claim, node, { entry: NO_ENTRY }), "BadProof", ProofFault.Node);
      await f.demand(claim, chunkPlace(claim.shape, 1, NODE.roots, LARGE_CHUNKS - 1));
    });

    it("is refused below a chunk, even where the worker built a deeper tree", async () => {
      const deeper = smallClaim({
        alter: (shard, node, bytes) => (shard === 1 && node === NODE.roots ? new Uint8Array(512 * 1024) : bytes),
      });
      const lying = await f.record(deeper);
      const place = nodePlace(lying.shape, 1, NODE.roots) * 2 ** 9 + 3;
      const { path, hash } = pathInDeeperTree(deeper, place);
      const target = { place, hash: hexlify(hash), path };
      const call = [f.market, lying.key, lying.facts, lying.header, lying.entry(NODE.roots), target] as const;
      await refused(f.disputes.demand(...call, { value: f.price }), "NoSuchPlace", place);
    });

    it("is refused between the levels at which answers end", async () => {
      const between = [2, 4 + 1].map((place, i) => (i === 0 ? place : place * 2));
      for (const place of [...between, roots * 2 ** 3]) {
        await refused(f.demand(claim, place), "NotAligned", place);
      }
    });
  });

  describe("of a node that job or program fix", () => {
    it("is refused at and below its root", async () => {
      for (const node of [NODE.input, NODE.constant]) {
        await refused(f.demand(claim, nodePlace(claim.shape, 1, node)), "FixedNode", node);
        await refused(f.demand(claim, chunkPlace(claim.shape, 1, node, 3)), "FixedNode", node);
      }
    });
  });

  describe("with a wrong descriptor", () => {
    it("is refused where there is none", () =>
      refused(f.demand(claim, roots, { entry: NO_ENTRY }), "BadProof", ProofFault.Descriptor));

    it("is refused with another node's", () =>
      refused(f.demand(claim, roots, { entry: claim.entry(NODE.sums) }), "BadProof", ProofFault.Descriptor));

    it("is refused with a longer or shorter path", async () => {
      const { descriptor, path } = claim.entry(NODE.roots);
      for (const wrong of [[...path, new Uint8Array(32)], path.slice(1)]) {
        await refused(f.demand(claim, roots, { entry: { descriptor, path: wrong } }), "BadProof", ProofFault.Path);
      }
    });
  });

  it("is refused for a tensor of more chunks than any valid program has, whose number a demand could not keep", async () => {
    const descriptors = fixture.program.nodes.map((node, index) => encodeDescriptor(node, index));
    const descriptor = descriptors[NODE.roots]!;
    // The extents, 65,535 each; no encoder writes this.
    for (let axis = 0; axis < 4; axis++) descriptor.set([0, 0, 0xff, 0xff], 16 + 4 * axis);
    const tree = descriptorsTree(descriptors, nodeSha256);
    const header = { ...claim.header, descriptorsRoot: tree.root };
    const types = ["uint8", "uint8", "uint32", "uint32", "uint32", "uint32", "bytes32"];
    const { version, nodeCount, sharedSlots, shardSlots, outputNode } = header;
    const packed = [2, version, nodeCount, sharedSlots, shardSlots, outputNode, tree.root];
    const other = await f.record(fixture, { programRoot: getBytes(solidityPackedSha256(types, packed)) });
    const entry = { descriptor, path: tree.rangeProof(NODE.roots, NODE.roots) };
    const sending = f.demand({ ...other, header }, roots, { entry });
    await refused(sending, "BadProof", ProofFault.Invalid);
  });

  describe("with wrong facts or header", () => {
    const call = (over: { key?: string; facts?: object; header?: object }) =>
      f.disputes.demand(
        f.market,
        over.key ?? claim.key,
        { ...claim.facts, ...over.facts },
        { ...claim.header, ...over.header },
        NO_ENTRY,
        claim.placed(ROOT),
        { value: f.price },
      );

    it("is refused", async () => {
      await refused(call({ key: id("none") }), "UnknownClaim", f.market.address, id("none"));
      await refused(call({ facts: { windowEnd: 2 ** 39 } }), "WrongFacts", f.market.address, claim.key);
      await refused(call({ facts: { to: 8 } }), "WrongFacts", f.market.address, claim.key);
      for (const header of [{ nodeCount: 4 }, { version: 2 }, { outputNode: 1 }, { descriptorsRoot: ZeroHash }]) {
        await refused(call({ header }), "BadProof", ProofFault.Header);
      }
    });

    it("is refused under another market's name", async () => {
      const args = [claim.key, claim.facts, claim.header, NO_ENTRY, claim.placed(ROOT)] as const;
      const sending = f.disputes.demand(f.stranger, ...args, { value: f.price });
      await refused(sending, "UnknownClaim", f.stranger.address, claim.key);
    });
  });

  describe("that is too little or too much", () => {
    it("is refused when underpaid by a wei, at the price of the moment", async () => {
      await refused(f.demand(claim, ROOT, { value: f.price - 1n }), "PrepaymentTooLow", f.price, f.price - 1n);
      await f.demand(claim, ROOT);
      const dearer = (f.price * 9n) / 8n;
      await refused(f.demand(claim, roots, { value: dearer - 1n }), "PrepaymentTooLow", dearer, dearer - 1n);
    });

    it("is refused while the same is open, also to its payer", async () => {
      await f.demand(claim, roots);
      const again = f.demand(claim, roots, { from: f.stranger, value: 2n * f.price });
      await refused(again, "AlreadyDemanded", claim.claimId, subjectOf(roots, claim.hash(roots)));
    });

    it("is refused once it was answered, in this claim or any other", async () => {
      const other = await f.record(fixture);
      await f.demand(other, roots);
      await f.respond(other, roots);
      for (const asked of [claim, other]) {
        await refused(f.demand(asked, roots), "AlreadyAnswered", claim.hash(roots), 7);
      }
      expect(await f.disputes.isAnswered(claim.hash(roots), 7)).to.equal(true);
      expect(await f.disputes.isAnswered(claim.hash(roots), 6)).to.equal(false);
    });

    it("is refused when the claim has fallen", async () => {
      await f.demand(claim, roots);
      await f.time.increase(f.profile.answerPeriod + 1);
      await f.disputes.timeout(f.market, claim.key, claim.subject(roots));
      await refused(f.demand(claim, ROOT), "ClaimOver", f.market.address, claim.key);
    });

    it("is refused when the claim is closed", async () => {
      await f.disputes.connect(f.market).closeClaim(claim.key, f.worker);
      await refused(f.demand(claim, ROOT), "UnknownClaim", f.market.address, claim.key);
    });
  });
});

/** Hash and path of a place below the chunks of a tree that is one level deeper than the program says. */
function pathInDeeperTree(fixture: ClaimFixture, place: number): { hash: Uint8Array; path: Uint8Array[] } {
  const { claim } = fixture.source;
  const { inTensor, inShard, inClaim } = claim.proveChunks(1, NODE.roots, place % 2 ** 9, place % 2 ** 9);
  return { hash: chunkLeaf(new Uint8Array(1024)), path: [...inTensor, ...inShard, ...inClaim] };
}
