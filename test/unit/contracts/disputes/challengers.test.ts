import { expect } from "chai";
import { AbiCoder, ZeroHash, getBytes, id, keccak256, solidityPackedKeccak256 } from "ethers";

import { nodePlace } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  alterByte,
  deployDisputes,
  FROM,
  NODE,
  smallClaim,
  type Admission,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

const leafOf = (account: string): string => keccak256(AbiCoder.defaultAbiCoder().encode(["address"], [account]));

describe("DisputeManager claims that only named accounts may challenge", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  let admission: Admission;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim(alterByte(1, NODE.roots, 17));
  });
  beforeEach(async () => {
    await f.reset();
    const other = leafOf(f.friend.address);
    const root = solidityPackedKeccak256(["bytes32", "bytes32"], [leafOf(f.challenger.address), other].sort());
    claim = await f.record(fixture, { challengers: getBytes(root) });
    admission = { path: [other], reserve: ZeroHash, attempt: 0 };
  });

  const refused = (sending: Promise<unknown>, account: string): Promise<void> =>
    expect(sending).to.be.revertedWithCustomError(f.disputes, "NotAdmitted").withArgs(account);

  it("take every kind of demand of an account of the list, with its path", async () => {
    await f.demand(claim, "outputs", 1, { admission });
    await f.demandOutput(claim, { shard: FROM, output: 0, index: 0 }, { admission });
    await f.demandTrace(claim, 1, { admission });
    await f.respondTrace(claim, 1);
    await f.demand(claim, "trace", nodePlace(claim.shape, 1, NODE.roots), { admission });
    const path = [leafOf(f.challenger.address)];
    await f.demandTrace(claim, 2, { from: f.friend, admission: { ...admission, path } });
  });

  it("take none of anybody else, nor without a path, nor by another's", async () => {
    const { challenger, stranger } = f;
    await refused(f.demandTrace(claim, 1), challenger.address);
    await refused(f.demandTrace(claim, 1, { from: stranger, admission }), stranger.address);
    await refused(f.demand(claim, "outputs", 1, { from: stranger, admission }), stranger.address);
    const block = { shard: FROM, output: 0, index: 0 };
    await refused(f.demandOutput(claim, block, { from: stranger, admission }), stranger.address);
    const wrong = { ...admission, path: [id("another account")] };
    await refused(f.demandTrace(claim, 1, { admission: wrong }), challenger.address);
  });

  it("take none in the trace of a stranger, and answers and time-outs of anyone", async () => {
    await f.demandTrace(claim, 1, { admission });
    await f.respondTrace(claim, 1);
    const top = nodePlace(claim.shape, 1, NODE.roots);
    await refused(f.demand(claim, "trace", top, { from: f.stranger }), f.stranger.address);
    await f.demand(claim, "trace", top, { admission });
    await f.respond(claim, "trace", top, f.stranger);
    await f.demandTrace(claim, 0, { admission });
    const { time } = await f.disputes.demandOf(f.market, claim.key, claim.traceSubject(0));
    await f.at(Number(time) + 1);
    await expect(f.disputes.connect(f.stranger).timeout(f.market, claim.key, claim.traceSubject(0))).to.emit(
      f.disputes,
      "TimedOut",
    );
  });
});
