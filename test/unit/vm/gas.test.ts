import { expect } from "chai";

import { FORMAT } from "@orion/protocol/tensor";

import { CASES } from "../../../bench/vm/cases.ts";
import { measureVmGas, readVmGas, type GasSnapshot } from "../../../bench/vm-gas.ts";
import { COMPUTED_OPS } from "../../support/random-trace.ts";

/** What Nitro's sequencer takes, less what a signed transaction has beside its data. */
const MOST_TRANSACTION_BYTES = 95_000 - 200;

describe("gas of a one-transaction proof", () => {
  let measured: GasSnapshot;
  before(async function () {
    this.timeout(0);
    measured = await measureVmGas();
  });

  it("is what the snapshot says (`npm run bench vm-gas` writes a new one)", async () => {
    expect(measured).to.deep.equal(await readVmGas());
  });

  it("stays within its targets on 64 shards of 64 nodes, the calldata floor included", () => {
    const limited = CASES.filter(({ limit }) => limit !== undefined);
    expect(limited.map(({ limit }) => limit)).to.include.members([350_000, 650_000]);
    for (const { name, limit } of limited) expect(measured.steps[name]!.gas, name).to.be.at.most(limit!);
  });

  it("is measured for every operator", () => {
    const names = Object.keys(measured.steps);
    expect(COMPUTED_OPS.filter((op) => !names.some((name) => name.split(" ")[0] === op))).to.deep.equal([]);
  });

  it("of the largest valid steps is below the validator's bound and below 8M", () => {
    for (const [name, { gas, execution, bound, calldataBytes }] of Object.entries(measured.worst)) {
      expect(Math.max(gas, execution), name).to.be.at.most(bound);
      expect(bound, name).to.be.at.most(FORMAT.maxStepGas);
      // With the judge's market, key and salt around it the largest proof is still a transaction that every sequencer takes.
      expect(calldataBytes + 4 * 32, name).to.be.at.most(MOST_TRANSACTION_BYTES);
      // A size that the validator's limit really cut off, not the end of the search.
      expect(gas, name).to.be.greaterThan(2_000_000);
    }
    for (const [name, { gas, execution, bound }] of Object.entries(measured.steps)) {
      expect(Math.max(gas, execution), name).to.be.at.most(bound);
    }
  });
});
