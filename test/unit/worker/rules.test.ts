import { expect } from "chai";

import { MINTED_BIT, type JobRecord, type Terms } from "@orion/protocol/chain";
import { estimateSeconds, memoryOf, workloadOf, type Rates } from "@orion/protocol/kernels";
import { ProgramBuilder, tensor, validateProgram } from "@orion/protocol/tensor";

import {
  byPrice,
  refusal as judged,
  requireFeasible,
  timeRefusal,
  traceTime,
  trialLimit,
  unitMemory,
  type WorkerRules,
} from "../../../worker/rules.ts";

const CLAIM_COLLATERAL = 1_000n;

const refusal = (of: JobRecord, rules: WorkerRules): string | undefined => judged(of, rules, CLAIM_COLLATERAL);

const job = (terms: Partial<Terms>, postedAtBlock = 1): JobRecord =>
  ({
    terms: {
      ...{ workPerShard: 1_000n, pricePerShard: 1_000n, programRoot: "0xab" },
      ...{ shards: 4, shardsPerClaim: 2, collateralPerClaim: CLAIM_COLLATERAL },
      ...terms,
    },
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

  it("bound what a claim locks beyond what every claim must, by what it pays", () => {
    // Two shards a claim pay 2,000; five for each of them may be locked beyond the least.
    const rules = { maxLockPerPay: 5 };
    expect(refusal(job({ collateralPerClaim: CLAIM_COLLATERAL + 10_000n }), rules)).to.equal(undefined);
    expect(refusal(job({ collateralPerClaim: CLAIM_COLLATERAL + 10_001n }), rules)).to.equal(
      "a claim would lock too much for what it pays",
    );
    expect(refusal(job({ collateralPerClaim: CLAIM_COLLATERAL + 80_001n }), {})).to.match(/lock too much/);
    expect(refusal(job({ collateralPerClaim: CLAIM_COLLATERAL, pricePerShard: 1_000n }), rules)).to.equal(undefined);
  });

  it("leave jobs with minted escrow alone where the operator wishes", () => {
    const minted = job({ options: MINTED_BIT | 1 });
    expect(refusal(minted, {})).to.equal(undefined);
    expect(refusal(minted, { minted: true })).to.equal(undefined);
    expect(refusal(minted, { minted: false })).to.equal("its escrow was minted, so it pays a day after its post");
    expect(refusal(job({ options: 1 }), { minted: false })).to.equal(undefined);
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
  const b = new ProgramBuilder();
  const x = b.shardInput("i32", [8, 64]);
  const { program } = b.build(b.add(x, b.constant(tensor("i32", [8, 64], new Int32Array(512))), { dtype: "i32" }));
  const checked = { program, facts: validateProgram(program) };
  const clocks = { claimPeriod: 60, answerPeriod: 10, kappa: 2, traceFloor: 10 };
  /** Rates by which a shard takes one second. */
  const rates = Object.fromEntries(
    Object.entries(workloadOf(program, "cpu")).map(([name, work]) => [name, work === 0 ? 1 : work * used(program)]),
  ) as unknown as Rates;

  function used(of: typeof program): number {
    return Object.values(workloadOf(of, "cpu")).filter((work) => work > 0).length;
  }

  it("needs the memory of what is alive in one shard, and of all shards' inputs and outputs", () => {
    const bytes = BigInt(memoryOf(program, "cpu").outputs) + 10n * (2_048n + 2_048n);
    expect(unitMemory(checked, 10, "cpu")).to.equal(bytes);
    expect(() =>
      requireFeasible(checked, 10, { rates, mode: "cpu" }, clocks, { maxMemoryBytes: bytes }),
    ).not.to.throw();
    const less = { maxMemoryBytes: bytes - 1n };
    expect(() => requireFeasible(checked, 10, { rates, mode: "cpu" }, clocks, less)).to.throw(
      /bytes of memory, the limit is/,
    );
  });

  it("is refused before its weights are fetched when it would take more than half of the claim period", () => {
    expect(estimateSeconds(workloadOf(program, "cpu"), rates)).to.be.closeTo(1, 1e-9);
    expect(() => requireFeasible(checked, 30, { rates, mode: "cpu" }, clocks, {})).not.to.throw();
    expect(() => requireFeasible(checked, 31, { rates, mode: "cpu" }, clocks, {})).to.throw(
      "a unit would take about 31.0 s of the 60 s that a claim may last",
    );
  });

  it("is judged by what a shard really took, once that is known", () => {
    expect(timeRefusal({ secondsPerShard: 1.01 }, 30, clocks, {})).to.match(/about 30.3 s/);
    expect(timeRefusal({ secondsPerShard: 0.1 }, 300, clocks, {})).to.equal(undefined);
  });

  it("is taken only if its trace needs a quarter of its turn, over all markets of the key", () => {
    expect([traceTime(clocks, 2), traceTime(clocks, 7), traceTime(clocks, 1_024)]).to.deep.equal([60, 18, 10]);
    const speed = (secondsPerTrace: number): { secondsPerShard: number; secondsPerTrace: number } => ({
      secondsPerShard: 0.01,
      secondsPerTrace,
    });
    expect(timeRefusal(speed(15), 2, clocks, {})).to.equal(undefined);
    expect(timeRefusal(speed(15.1), 2, clocks, {})).to.match(
      /the trace of a shard would take about 15.1 s of the 60 s/,
    );
    expect(timeRefusal(speed(5), 2, clocks, { markets: 3 })).to.equal(undefined);
    expect(timeRefusal(speed(5.1), 2, clocks, { markets: 3 })).to.match(/about 15.3 s/);
    expect(trialLimit(2, clocks)).to.equal(15 + 15);
  });
});
