import { expect } from "chai";
import { id, ZeroAddress } from "ethers";

import { jobIdOf, MarketState, normaliseTerms, readJob, type JobRecord, type RawTerms } from "@orion/protocol/chain";
import { IntegrityError } from "@orion/protocol/common";

import { announcedAs, announcedResults } from "../../../cli/job/announced-results.ts";
import { CHAIN_ID, LogChain, MARKET, timeOf } from "../../support/log-chain.ts";
import { accountAt } from "../../support/network/test-network.ts";

const [poster, worker, liar, honest] = [1, 6, 7, 8].map((account) => accountAt(account).address) as [
  string,
  string,
  string,
  string,
];
const POSTED_AT_BLOCK = 100;
const terms: RawTerms = {
  ...{ poster, salt: id("salt"), programRoot: id("program"), dataset: id("dataset"), inputsRoot: id("inputs") },
  ...{ challengers: id("all"), rows: 1n, shards: 1n, shardsPerClaim: 1n, workPerShard: 1n, pricePerShard: 1n },
  ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n, options: 0n },
};
const jobId = jobIdOf(CHAIN_ID, MARKET, normaliseTerms(terms));
const [wrong, right, key] = [id("wrong"), id("right"), id("claim")];

/** A job with a wrong result before its end, and the right one long after. */
function settledJob(): LogChain {
  const fake = new LogChain(10_000, {
    network: { logRange: 50 },
    contracts: { market: { job: () => Promise.resolve({ postedAt: BigInt(timeOf(POSTED_AT_BLOCK)), flags: 0n }) } },
  });
  const emit = (name: string, block: number, ...args: unknown[]): void =>
    fake.emit("JobMarket", name, block, [jobId, ...args]);
  emit("JobPosted", POSTED_AT_BLOCK, poster, poster, terms);
  emit("ResultPublished", 105, liar, wrong, id("a"));
  emit("UnitClaimed", 110, key, worker, 0, 1, 99, worker, 0);
  emit("ClaimCommitted", 111, key, worker, 0, id("root"), id("outputs"), 9);
  emit("UnitSettled", 120, key, worker, 0, 1, 0, 0, ZeroAddress, worker, false);
  emit("ResultPublished", 9_000, honest, right, id("b"));
  return fake;
}

const roots = (results: readonly { readonly root: string }[]): string[] => results.map(({ root }) => root);

describe("results announced of a job that is read alone", () => {
  const readAlone = async ({ chain }: LogChain): Promise<JobRecord> => {
    const job = await readJob(chain, jobId);
    if (job === undefined) throw new Error("the job was not found");
    return job;
  };
  const clientOf = ({ chain }: LogChain, state = new MarketState()): Parameters<typeof announcedAs>[0] => ({
    chain,
    follower: { state },
  });

  it("are found where they came long after others", async () => {
    const fake = settledJob();
    const job = await readAlone(fake);
    expect(job.settledShards).to.equal(1);
    expect(roots(job.results)).to.deep.equal([wrong]);
    expect(roots(await announcedResults(clientOf(fake), job))).to.deep.equal([wrong, right]);
    expect(await announcedAs(clientOf(fake), job, right)).to.include({ publisher: honest, root: right });
  });

  it("are called wrong only when nobody has announced the right one", async () => {
    const fake = settledJob();
    const other = id("another root");
    const error: unknown = await announcedAs(clientOf(fake), await readAlone(fake), other).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(IntegrityError);
    expect((error as Error).message).to.equal(
      `the published result root ${right} does not follow from the settled claims, which give ${other}`,
    );
  });

  it("are not asked for where the market in memory has them", async () => {
    const fake = settledJob();
    const job = await readAlone(fake);
    const state = new MarketState();
    state.jobs.set(jobId, job);
    fake.asked.length = 0;
    expect(await announcedResults(clientOf(fake, state), job)).to.equal(job.results);
    expect(fake.asked).to.deep.equal([]);
  });
});
