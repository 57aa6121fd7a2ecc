import { expect } from "chai";

import { CREDIT } from "@orion/protocol/common";

import { indexFacts, indexLine, instant } from "../../../../cli/query/answer.ts";
import { earningsLines } from "../../../../cli/query/earnings.ts";
import { jobLines, type IndexedJob } from "../../../../cli/query/job.ts";
import { marketLines } from "../../../../cli/query/market.ts";
import { idRange, onlyOne } from "../../../../cli/query/prefix.ts";
import { providerLines } from "../../../../cli/query/provider.ts";

const CU = CREDIT;
const ORION = 10n ** 18n;
const ID = `0x${"ab".repeat(32)}`;
const WORKER = `0x${"01".repeat(20)}`;
const dollars = { orion: ORION / 2n, updatedAt: 1_700_000_000, age: 720 };

describe("what orion query prints", () => {
  it("names the block of an answer and how far it is behind", () => {
    const dated = { _meta: { block: { number: 12, timestamp: 1_700_000_000 } } };
    const facts = indexFacts("http://index", dated, 15);
    expect(facts).to.deep.equal({
      url: "http://index",
      block: 12,
      timestamp: 1_700_000_000,
      chainHead: 15,
      behind: 3,
      takenBack: null,
    });
    expect(indexLine(facts)).to.equal("(as of block 12 of 2023-11-14T22:13:20Z, 3 behind the chain)");
    expect(indexLine(indexFacts("", dated, 12))).to.include("the chain's last");
    expect(indexLine(indexFacts("", dated, undefined))).to.equal("(as of block 12 of 2023-11-14T22:13:20Z)");
    // A chain that was asked a moment before its index is no index from the future.
    expect(indexFacts("", dated, 11).behind).to.equal(0);
    expect(indexLine(indexFacts("", dated, 12, true))).to.include("which the chain has taken back");
    expect(indexLine(indexFacts("", { _meta: null }, 15))).to.include("does not say how far");
  });

  it("shows chain time in UTC", () => {
    expect(instant("0")).to.equal("1970-01-01T00:00:00Z");
  });

  it("finds what begins with some digits, and only one", () => {
    expect(idRange("0xabcdef")).to.deep.equal({
      least: `0xabcdef${"0".repeat(58)}`,
      most: `0xabcdef${"f".repeat(58)}`,
    });
    expect(idRange(ID)).to.deep.equal({ least: ID, most: ID });
    expect(onlyOne("job", [1], "0xab")).to.equal(1);
    expect(() => onlyOne("job", [], "0xab")).to.throw("the index knows no job 0xab");
    expect(() => onlyOne("job", [1, 2], "0xab")).to.throw("several jobs begin with 0xab");
  });

  it("shows totals in whole units, and says when there are none", () => {
    const unpriced = { credit: undefined, dollars: undefined };
    expect(marketLines(null, unpriced)).to.deep.equal(["nothing has happened on this network yet"]);
    const protocol = {
      market: null,
      registry: {
        free: `${ORION}`,
        locked: `${2n * ORION}`,
        staked: "0",
        withdrawn: "0",
        slashed: "1",
        providerCount: 3,
      },
      judge: null,
      reserveBook: null,
      credits: null,
      exchange: { poolCount: 1, swapCount: 4, paused: false },
      orion: null,
      cu: { supply: `${1_500n * CU}`, minted: "0", burned: "0", volume: "0" },
    };
    expect(marketLines(protocol, unpriced)).to.deep.equal([
      "providers  3",
      "stake      1 ORION free, 2 ORION locked, 1 aORION slashed",
      "exchange   1 pools, 4 swaps",
      "CU supply  1,500 CU",
    ]);
    // Dollars stand beside what is held, not beside what was lost at other prices.
    expect(marketLines(protocol, { credit: (3n * ORION) / 2n, dollars })).to.deep.equal([
      "providers    3",
      "stake        1 ORION ($0.50) free, 2 ORION ($1.00) locked, 1 aORION slashed",
      "exchange     1 pools, 4 swaps",
      "CU price     1.5 ORION ($0.75)",
      "ORION price  $0.50, as the feed said at 2023-11-14T22:13:20Z, 12 min before",
      "CU supply    1,500 CU",
    ]);
    const held = { held: `${ORION}`, toFinders: "0", toPosters: "0", toProviders: `${ORION}`, burned: "0" };
    const counts = { reserveCount: 3, pendingCount: 2, upheldCount: 1, refutedCount: 0 };
    expect(marketLines({ ...protocol, reserveBook: { ...held, ...counts } }, unpriced)).to.include(
      "in reserve  1 ORION of 2 claims that fell by silence; 0 refuted, 1 upheld; 0 ORION to finders, 0 ORION to posters, 1 ORION back to providers, 0 ORION burned",
    );
    expect(marketLines(protocol, { credit: ORION, dollars: undefined })).to.include("CU price   1 ORION");
    const undated = marketLines(protocol, { credit: undefined, dollars: { ...dollars, age: null } });
    expect(undated).to.include("ORION price  $0.50, as the feed said at 2023-11-14T22:13:20Z");
  });

  const job: IndexedJob = {
    id: ID,
    poster: WORKER,
    payer: WORKER,
    keeper: WORKER,
    postedAt: "1700000000",
    finishedAt: null,
    published: true,
    cancelled: false,
    finished: false,
    rows: "100",
    shards: "10",
    unitCount: "5",
    shardsPerClaim: "2",
    workPerShard: `${CU}`,
    pricePerShard: `${2n * CU}`,
    keeperFee: "0",
    collateralPerClaim: `${7n * ORION}`,
    challengers: `0x${"00".repeat(32)}`,
    attestors: 0,
    escrow: `${12n * CU}`,
    escrowPosted: `${20n * CU}`,
    tipPot: "0",
    paidForWork: `${8n * CU}`,
    paidTips: "0",
    paidFees: "0",
    keptFees: "0",
    refunded: "0",
    tipsRefunded: "0",
    burned: `${ORION}`,
    compensated: `${3n * ORION}`,
    rewarded: `${ORION}`,
    reserved: `${2n * ORION}`,
    unclaimed: "4",
    unsettled: "6",
    units: [
      {
        index: "1",
        from: "2",
        to: "4",
        state: "COMMITTED",
        attempt: 1,
        deadline: "0",
        pendingReserves: 1,
        worker: { id: WORKER },
        claim: null,
        verdict: null,
      },
    ],
    manifests: [{ cid: "bafyManifest", publisher: WORKER }],
    results: [],
  };

  it("shows a job's shards, money and units", () => {
    const text = jobLines(job).join("\n");
    expect(text).to.include("4 of 10 settled or refunded, 4 never claimed");
    expect(text).to.match(/state +open, posted 2023-11-14T22:13:20Z/);
    expect(text).to.match(/data +bafyManifest/);
    expect(text).to.match(/result +not published yet/);
    expect(text).to.include("12 CU of 20 CU left");
    expect(text).to.include("7 ORION, 3 ORION of it to the poster, 2 ORION put in reserve");
    expect(text).to.include("7 ORION for each claim");
    expect(text).to.match(/challengers +anyone/);
    expect(text).to.match(new RegExp(`1 +2–3 +committed +${WORKER} +1 +1 undecided`));
    expect(jobLines({ ...job, challengers: ID }).join("\n")).to.include(`the accounts of list ${ID}`);
  });

  it("tells a cancelled job from one that is being cancelled, and a job without claims", () => {
    expect(jobLines({ ...job, cancelled: true })[2]).to.include("cancelling");
    expect(jobLines({ ...job, cancelled: true, finished: true })[2]).to.include("cancelled,");
    expect(jobLines({ ...job, finished: true })[2]).to.include("settled,");
    expect(jobLines({ ...job, units: [] }).at(-1)).to.equal("no unit was claimed yet");
  });

  it("shows a provider's stake, latest claims and slashes", () => {
    const text = providerLines({
      id: WORKER,
      since: "0",
      profileCid: null,
      free: `${ORION}`,
      locked: "0",
      staked: "0",
      withdrawn: "0",
      slashed: `${ORION}`,
      earnedPay: `${CU}`,
      earnedTips: "0",
      earnedFees: "0",
      settledWork: "0",
      claimCount: 2,
      settledCount: 1,
      expiredCount: 0,
      forfeitedCount: 1,
      recovered: `${ORION}`,
      workers: [
        {
          ...{ id: WORKER, isKey: true, revoked: false, maxLocked: `${4n * ORION}`, locked: `${ORION}` },
          ...{ unsettled: 2, queueEnd: "60", queued: 3, claimCount: 9 },
        },
      ],
      reserves: [
        {
          ...{ id: ID, amount: `${5n * ORION}`, compensation: `${ORION}`, fellAt: "0" },
          ...{ job: { id: ID }, unit: { index: "3", verdict: null } },
        },
      ],
      accounts: [],
      claims: [
        {
          id: ID,
          state: "FORFEITED",
          shards: "1",
          collateral: "0",
          claimedAt: "0",
          pay: "0",
          tip: "0",
          worker: { id: WORKER },
          job: { id: ID },
          unit: { index: "3" },
        },
      ],
      slashes: [
        {
          amount: `${ORION}`,
          burned: "0",
          compensation: "0",
          reward: "0",
          reserved: `${ORION}`,
          finder: WORKER,
          timestamp: "0",
          transaction: ID,
        },
      ],
    }).join("\n");
    expect(text).to.include("2 made, 1 settled, 0 expired, 1 forfeited");
    expect(text).to.include("none announced");
    expect(text).to.include("1 ORION slashed, 1 ORION recovered");
    expect(text).to.match(/0x(01){20} +key +9 +2 +1 ORION of 4 ORION +3 until 1970-01-01T00:01:00Z/);
    expect(text).to.match(/1970-01-01T00:00:00Z {2}0x(ab){32} {2}3 {5}0x(01){20} {2}forfeited/);
    expect(text).to.match(/1970-01-01T00:00:00Z {2}1 ORION {2}1 ORION +0x(01){20}/);
    expect(text).to.match(/1970-01-01T00:00:00Z +0x(ab){32} +3 +6 ORION +none yet/);
  });

  it("adds up what an account earned in each of its roles", () => {
    const nobody = { _meta: null, provider: null, worker: null, keeper: null, challenger: null };
    expect(earningsLines(WORKER, nobody, [])).to.deep.equal([`${WORKER} has earned nothing`]);
    const provider = {
      earnedPay: `${CU}`,
      earnedTips: `${CU}`,
      earnedFees: "0",
      settledWork: "0",
      settledCount: 2,
      slashed: "0",
      recovered: `${ORION}`,
      workers: [],
    };
    const key = {
      ...{ isKey: true, revoked: false, earnedPay: `${CU}`, earnedTips: "0", earnedFees: "0", settledWork: "0" },
      ...{ settledCount: 1, slashed: "0" },
    };
    const keeper = { earnedFees: `${CU}`, keptFees: `${CU}`, manifestCount: 1 };
    const challenger = { rewards: `${ORION}`, proofCount: 1, timeoutCount: 0 };
    const payment = {
      id: "0x01",
      pay: `${CU}`,
      tip: "0",
      fee: "0",
      accepted: true,
      timestamp: "0",
      transaction: ID,
      job: { id: ID },
      unit: { index: "0" },
      worker: { id: WORKER },
    };
    const text = earningsLines(WORKER, { ...nobody, provider, keeper, challenger }, [payment]).join("\n");
    expect(text).to.include("2 CU: 1 CU for work, 1 CU of tips, 0 CU of fees, for 2 claims");
    expect(text).to.match(/as keeper +2 CU for 1 manifests/);
    expect(text).to.include("1 ORION for 1 proofs and 0 time-outs");
    expect(text).to.match(/slashed +0 ORION, 1 ORION recovered from reserves/);
    expect(text).to.match(/1970-01-01T00:00:00Z {2}0x(ab){32} {2}0 +0x(01){20} +1 CU +0 CU +0 CU +accepted/);
    const apart = earningsLines(
      WORKER,
      { ...nobody, provider: { ...provider, workers: [{ id: WORKER, ...key }] }, worker: null },
      [],
    );
    expect(apart.at(-1)).to.match(/^0x(01){20} +key +1 CU +1 +0 ORION$/);
    const own = earningsLines(WORKER, { ...nobody, worker: { ...key, provider: { id: ID } } }, []);
    expect(own.join("\n")).to.include(`0 CU of fees, for 1 claims, for its provider ${ID}`);
  });
});
