import { expect } from "chai";
import { getAddress, getBytes, id, toBeHex, ZeroHash } from "ethers";

import { challengerPath, challengersRoot } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../support/claim-fixture.ts";
import {
  alterByte,
  deployDisputes,
  FROM,
  NODE,
  smallClaim,
  type Admission,
  type DisputeFixture,
  type RecordedClaim,
} from "../../support/dispute-fixture.ts";
import { Random } from "../../unit/tensor/random.ts";

/** Members of a long list that are tried besides its ends. */
const TRIED = 12;
const RICH = 10n ** 20n;

describe("paths of named challengers, beside the judge", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim(alterByte(1, NODE.roots, 17));
  });
  beforeEach(() => f.reset());

  const listOf = (size: number): string[] =>
    Array.from({ length: size }, (_, i) => getAddress(toBeHex(BigInt(id(`challenger ${String(i)}`)) >> 96n, 20)));

  const chosen = (size: number): number[] => {
    if (size <= TRIED) return Array.from({ length: size }, (_, i) => i);
    const random = new Random(size);
    return [0, size - 1, ...Array.from({ length: TRIED }, () => random.between(0, size - 1))];
  };

  const demand = async (claim: RecordedClaim, account: string, path: string[]): Promise<unknown> => {
    await f.helpers.impersonateAccount(account);
    await f.helpers.setBalance(account, RICH);
    const admission: Admission = { path, reserve: ZeroHash, attempt: 0 };
    const from = await f.ethers.getSigner(account);
    return f.demandOutput(claim, { shard: FROM, output: 0, index: 0 }, { from, admission });
  };

  for (const size of [1, 2, 3, 5, 64, 1_000]) {
    it(`admit members of a list of ${String(size)}, and nobody else by any of their paths`, async () => {
      const list = listOf(size);
      const challengers = getBytes(challengersRoot(list));
      for (const member of chosen(size)) {
        const account = list[member] as string;
        const path = challengerPath(list, account) as string[];
        expect(path.length).to.be.at.most(Math.ceil(Math.log2(size)));
        const claim = await f.record(fixture, { challengers });
        await expect(demand(claim, f.stranger.address, path))
          .to.be.revertedWithCustomError(f.disputes, "NotAdmitted")
          .withArgs(f.stranger.address);
        await expect(demand(claim, account, [...path, id("one more")]))
          .to.be.revertedWithCustomError(f.disputes, "NotAdmitted")
          .withArgs(account);
        if (path.length > 0) {
          await expect(demand(claim, account, path.slice(1))).to.be.revertedWithCustomError(f.disputes, "NotAdmitted");
        }
        await demand(claim, account, path);
      }
      expect(challengerPath(list, f.stranger.address)).to.equal(undefined);
    });
  }

  it("depend neither on the order of the list nor on the case of its letters", () => {
    const list = listOf(5);
    const other = list.map((account) => account.toLowerCase()).reverse();
    expect(challengersRoot(other)).to.equal(challengersRoot(list));
    expect(challengerPath(other, list[2] as string)).to.deep.equal(challengerPath(list, list[2] as string));
  });
});
