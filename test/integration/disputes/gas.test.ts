import { expect } from "chai";

import { measureDisputes } from "../../../bench/disputes/measure.ts";
import { complaints, PEERS, readSnapshot, table, TARGETS } from "../../../bench/disputes/snapshot.ts";

describe("Gas of disputes", function () {
  this.timeout(120_000);

  it("is within its targets and within 1% of the committed snapshot, and below every peer's", async () => {
    const gas = await measureDisputes();
    console.log(table(gas).replace(/^/gm, "      "));
    expect(complaints(gas, await readSnapshot())).to.deep.equal([]);
    for (const peer of PEERS) expect(gas["withheld data: gas of all sides"]).to.be.lessThan(peer.gas);
  });

  it("that moved, broke a target, vanished or appeared is complained of", () => {
    const good = { ...TARGETS, seal: 10_000 };
    expect(complaints(good, good)).to.deep.equal([]);
    expect(complaints({ ...good, seal: 10_100 }, good)).to.deep.equal([]);
    expect(complaints({ ...good, seal: 10_101 }, good)).to.deep.equal(["seal: 10000 → 10101"]);
    const [name, target] = Object.entries(TARGETS)[0]!;
    expect(complaints({ ...good, [name]: target + 1 }, { ...good, [name]: target + 1 })).to.have.length(1);
    expect(complaints(TARGETS, good)).to.deep.equal(["seal: 10000 → undefined"]);
    expect(complaints(good, TARGETS)).to.deep.equal(["seal: undefined → 10000"]);
  });
});
