import { expect } from "chai";
import { id, ZeroAddress } from "ethers";

import {
  contractInterface,
  jobIdOf,
  MINTED_BIT,
  newJob,
  normaliseTerms,
  type JobRecord,
  type RawTerms,
} from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";

import { CHAIN_ID, MARKET } from "../../support/log-chain.ts";
import { recordingLogger } from "../../support/network/in-process.ts";
import { accountAt } from "../../support/network/test-network.ts";
import { claimUnits, type UnitContext } from "../../../worker/unit-work.ts";

const worker = accountAt(6).address;
const POSTED_AT = 1_800_000_000;

function jobWith(options: number): JobRecord {
  const terms: RawTerms = {
    ...{ poster: ZeroAddress, salt: id("salt"), programRoot: id("program"), dataset: id("dataset") },
    ...{ inputsRoot: id("inputs"), challengers: id("all"), rows: 1n, shards: 1n, shardsPerClaim: 1n },
    ...{ workPerShard: 1n, pricePerShard: 1n, keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n },
    options: BigInt(options),
  };
  const normal = normaliseTerms(terms);
  return newJob(jobIdOf(CHAIN_ID, MARKET, normal), normal, 1);
}

describe("a claim of a unit", () => {
  let sent: number;
  const claim = async (job: JobRecord, postedAt: number): Promise<ReturnType<typeof recordingLogger>["lines"]> => {
    const log = recordingLogger();
    const market = contractInterface("JobMarket");
    const args = [job.jobId, id("claim"), worker, 0, 1, 99, worker, 1];
    const send = (): Promise<unknown> => {
      sent++;
      return Promise.resolve({
        ...{ hash: id("claims"), blockNumber: 5, gasUsed: 1n },
        logs: [market.encodeEventLog("UnitClaimed", args)],
      });
    };
    const chain = {
      network: { rpcUrl: "http://127.0.0.1:1", addresses: { market: MARKET } },
      contracts: { market: { interface: market, job: () => Promise.resolve({ postedAt: BigInt(postedAt) }) } },
    };
    const context = { chain, log, sender: { address: worker, send } } as unknown as UnitContext;
    await claimUnits(context, job, [job.units.get(0)]);
    return log.lines;
  };
  beforeEach(() => {
    sent = 0;
  });

  it("of a job with minted escrow tells from when on it pays", async () => {
    const job = jobWith(MINTED_BIT);
    const told = (await claim(job, POSTED_AT)).filter(({ fields }) => "paysFrom" in fields);
    expect(told).to.deep.equal([
      {
        level: "info",
        message: "the job's escrow was minted for it: it pays from 2027-01-16T08:00:01.000Z on",
        fields: { jobId: job.jobId, paysFrom: POSTED_AT + 86_401 },
      },
    ]);
  });

  it("of any other job tells nothing of the kind", async () => {
    expect((await claim(jobWith(0), POSTED_AT)).map(({ message }) => message)).to.deep.equal(["units claimed"]);
  });

  it("is not made while the node does not say when a job with minted escrow pays", async () => {
    const error: unknown = await claim(jobWith(MINTED_BIT), 0).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UnavailableError);
    expect(sent).to.equal(0);
  });
});
