import { expect } from "chai";

import type { JobRecord, Terms } from "@orion/protocol/chain";
import type { ProgramFacts } from "@orion/protocol/tensor";
import { tensorType } from "@orion/protocol/tensor";

import { byPrice, refusal, unitMemory, unitRefusal } from "../../../worker/rules.ts";

const job = (terms: Partial<Terms>, postedAtBlock = 1): JobRecord =>
  ({
    terms: { workPerShard: 1_000n, pricePerShard: 1_000n, programRoot: "0xab", ...terms },
    postedAtBlock,
  }) as JobRecord;

describe("a provider's rules", () => {
  describe("on price", () => {
    it("take par when nothing is said", () => {
      expect(refusal(job({}), {})).to.equal(undefined);
      expect(refusal(job({ pricePerShard: 999n }), {})).to.equal("the price is too low");
    });

    it("compare exactly at the border", () => {
      const rules = { minPricePerWork: 1.25 };
      expect(refusal(job({ pricePerShard: 1_250n }), rules)).to.equal(undefined);
      expect(refusal(job({ pricePerShard: 1_249n }), rules)).to.equal("the price is too low");
      const large = { workPerShard: 2n ** 80n, pricePerShard: (2n ** 80n * 5n) / 4n };
      expect(refusal(job(large), rules)).to.equal(undefined);
      expect(refusal(job({ ...large, pricePerShard: large.pricePerShard - 1n }), rules)).to.equal(
        "the price is too low",
      );
    });
  });

  it("take only listed programs, however their roots are written", () => {
    expect(refusal(job({}), { programs: ["0xAB"] })).to.equal(undefined);
    expect(refusal(job({}), { programs: ["0xac"] })).to.match(/not on the list/);
    expect(refusal(job({}), { programs: [] })).to.match(/not on the list/);
  });

  it("prefer what pays best for its work, then what is older", () => {
    const [poor, rich, older] = [job({}), job({ pricePerShard: 1_001n }), job({}, 0)];
    const dense = job({ workPerShard: 10n, pricePerShard: 11n });
    expect([poor, rich, older, dense].sort(byPrice)).to.deep.equal([dense, rich, older, poor]);
  });
});

describe("a unit", () => {
  const facts = {
    macs: 1_000_000n,
    peakBytes: 5_000n,
    outputBytes: 16n,
    shardTypes: [tensorType("i8", [2, 10]), tensorType("i32", [2])],
  } as unknown as ProgramFacts;
  const fast = { macsPerSecond: 1e6 };

  it("needs the memory of one shard's values and of all shards' inputs and outputs", () => {
    expect(unitMemory(facts, 10)).to.equal(5_000n + 10n * (20n + 8n + 16n));
  });

  it("is refused above the memory limit, by one byte", () => {
    const needed = unitMemory(facts, 10);
    expect(unitRefusal(facts, 10, fast, 1_000, { maxMemoryBytes: needed })).to.equal(undefined);
    expect(unitRefusal(facts, 10, fast, 1_000, { maxMemoryBytes: needed - 1n })).to.match(
      /needs 5440 bytes of memory, the limit is 5439/,
    );
    const huge = { ...facts, peakBytes: 2n ** 31n };
    expect(unitRefusal(huge, 1, fast, 1_000, {})).to.match(/the limit is 2147483648/);
  });

  it("is refused when it would take more than half of the claim period", () => {
    expect(unitRefusal(facts, 30, fast, 60, {})).to.equal(undefined);
    expect(unitRefusal(facts, 31, fast, 60, {})).to.equal(
      "a unit would take about 31.0 s of the 60 s that a claim may last",
    );
    expect(unitRefusal(facts, 1, { macsPerSecond: 0 }, 60, {})).to.match(/Infinity/);
  });

  it("is judged by what a shard really took, once that is known", () => {
    expect(unitRefusal(facts, 30, { ...fast, secondsPerShard: 1.01 }, 60, {})).to.match(/about 30.3 s/);
    expect(unitRefusal(facts, 300, { ...fast, secondsPerShard: 0.1 }, 60, {})).to.equal(undefined);
  });
});
