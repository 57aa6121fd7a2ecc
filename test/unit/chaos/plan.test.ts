import { expect } from "chai";

import { planOf, type PlanOptions } from "../../support/chaos/plan.ts";
import { breakJson, faultOf, FINE, flipBits, rpcWeatherOf, troubleOf } from "../../support/chaos/weather.ts";
import { rollsOf } from "../../support/chaos/rolls.ts";

const OPTIONS: PlanOptions = { faultsMs: 2_000, kinds: ["kill", "pause", "clock", "full", "read-only", "no-files"] };
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

describe("the plan of a seed", () => {
  it("is the same each time, and another for another seed", () => {
    expect(plain(planOf(7, OPTIONS))).to.deep.equal(plain(planOf(7, OPTIONS)));
    expect(plain(planOf(7, OPTIONS))).to.not.deep.equal(plain(planOf(8, OPTIONS)));
  });

  it("lets every kind of event happen to some services, and only to such as can have it", () => {
    const events = SEEDS.flatMap((seed) => planOf(seed, OPTIONS).events);
    expect([...new Set(events.map(({ kind }) => kind))].sort()).to.deep.equal([...OPTIONS.kinds].sort());
    const troubled = events.filter(({ kind }) => ["full", "read-only", "no-files"].includes(kind));
    expect(troubled.filter(({ part }) => !/^(?:worker|payer)-/.test(part))).to.deep.equal([]);
  });

  it("begins all faults before they are to end, and has a liar and two jobs in some networks only", () => {
    const plans = SEEDS.map((seed) => planOf(seed, OPTIONS));
    expect(plans.filter(({ events, faultsMs }) => events.some(({ atMs }) => atMs > faultsMs))).to.deep.equal([]);
    const liars = plans.filter(({ liar }) => liar !== undefined).length;
    expect(liars).to.be.greaterThan(20).and.to.be.lessThan(120);
    expect(new Set(plans.map(({ jobs }) => jobs.length))).to.deep.equal(new Set([1, 2]));
  });
});

describe("the fault of a request", () => {
  const bad = { ...FINE, delay: 0.3, delayMs: 50, dropBefore: 0.1, dropAfter: 0.1, throttle: 0.1, gatewayBefore: 0.1 };
  const weather = { ...bad, gatewayAfter: 0.1, damage: 0.2, cut: 0.2, drip: 0.2, twice: 0.2 };

  it("follows from seed, way and number, whatever was asked before", () => {
    const numbers = SEEDS.toReversed();
    const faults = new Map(numbers.map((number) => [number, plain(faultOf(weather, 3, "way", number, breakJson))]));
    for (const number of SEEDS) {
      expect(plain(faultOf(weather, 3, "way", number, breakJson))).to.deep.equal(faults.get(number));
    }
    expect(SEEDS.map((number) => plain(faultOf(weather, 4, "way", number, breakJson)))).to.not.deep.equal(
      SEEDS.map((number) => faults.get(number)),
    );
  });

  it("is none where nothing goes wrong, and of every kind where all may", () => {
    expect(SEEDS.map((number) => faultOf(FINE, 1, "way", number, breakJson)).filter((f) => "before" in f)).to.be.empty;
    const kinds = new Set(SEEDS.flatMap((number) => Object.keys(faultOf(weather, 1, "way", number, breakJson))));
    expect([...kinds].sort()).to.deep.equal(["after", "before", "cutAt", "damage", "delayMs", "drip", "twice"]);
  });

  it("leaves JSON that nobody can read, or content with other bytes", () => {
    for (const seed of SEEDS) {
      const json = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: seed, result: "0x1234" }));
      expect(() => JSON.parse(breakJson(Buffer.from(json), rollsOf(seed, "json")).toString()) as unknown).to.throw();
      expect(flipBits(Buffer.alloc(64), rollsOf(seed, "bits")).length).to.equal(64);
    }
  });

  it("of a JSON-RPC way besides shows an older block at some requests, and limits logs at all", () => {
    const rpc = { ...rpcWeatherOf(rollsOf(1, "rpc")), lag: 5, lagShare: 0.5, logRange: 100 };
    const troubles = SEEDS.map((number) => troubleOf(rpc, 1, "rpc", number));
    expect(troubles.filter(({ stale }) => stale === 5).length)
      .to.be.greaterThan(60)
      .and.to.be.lessThan(140);
    expect(new Set(troubles.map(({ getLogsMax }) => getLogsMax))).to.deep.equal(new Set([100]));
  });
});
