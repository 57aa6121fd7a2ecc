import { expect } from "chai";
import { id, ZeroAddress } from "ethers";

import {
  jobIdOf,
  MarketState,
  MINTED_BIT,
  normaliseTerms,
  type MarketEvent,
  type RawTerms,
} from "@orion/protocol/chain";
import { silentLogger, type Clock } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { CHAIN_ID, MARKET } from "../../support/log-chain.ts";
import { startHere } from "../../support/network/in-process.ts";
import { createUpkeepKeeper } from "../../../keepers/upkeep.ts";

const POSTED_AT = 1_800_000_000;
const WINDOW = 300;
const DAY = 86_400;

/** Adds a job to a market, all of which is committed. */
function commitJob(state: MarketState, options: number): void {
  const terms: RawTerms = {
    ...{ poster: ZeroAddress, salt: id(String(options)), programRoot: id("program"), dataset: id("dataset") },
    ...{ inputsRoot: id("inputs"), challengers: id("all"), rows: 1n, shards: 1n, shardsPerClaim: 1n },
    ...{ workPerShard: 1n, pricePerShard: 1n, keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n },
    options: BigInt(options),
  };
  const jobId = jobIdOf(CHAIN_ID, MARKET, normaliseTerms(terms));
  const unit = { jobId, key: id(`claim ${String(options)}`), worker: ZeroAddress, provider: ZeroAddress, unit: 0n };
  const apply = (name: string, args: MarketEvent["args"]): unknown =>
    state.apply({ name, args, block: 1, transaction: id(name) });
  apply("JobPosted", { jobId, terms });
  apply("UnitClaimed", { ...unit, attempt: 1n, deadline: BigInt(POSTED_AT + 60) });
  const windowEnd = BigInt(POSTED_AT + WINDOW);
  apply("ClaimCommitted", { ...unit, outputsRoot: id("root"), outputs: id("outputs"), windowEnd });
}

describe("the upkeep keeper", () => {
  /**
   * Seconds since the post, of those given, at which the keeper asks the upkeep contract about a job.
   * @param showsMinted whether the node shows jobs with minted escrow
   */
  const askedAt = async (options: number[], looks: readonly number[], showsMinted = true): Promise<number[]> => {
    const state = new MarketState();
    for (const one of options) commitJob(state, one);
    const asked: number[] = [];
    let since = 0;
    let look = (): void => undefined;
    const clock: Clock = {
      now: () => 1_000 * since,
      sleep: () => new Promise((resolve) => (look = resolve)),
    };
    const checkUpkeep = {
      staticCall: () => {
        asked.push(since);
        return Promise.resolve([false, "0x"]);
      },
    };
    const context = {
      ...{ clock, log: silentLogger, sender: { lastBlock: 0, address: ZeroAddress } },
      follower: { state, time: POSTED_AT, sync: () => Promise.resolve(state) },
      chain: {
        network: { rpcUrl: "http://127.0.0.1:1", addresses: {} },
        provider: { send: () => Promise.resolve({ timestamp: String(POSTED_AT + since) }) },
        contracts: {
          upkeep: { checkUpkeep },
          market: { job: () => Promise.resolve({ postedAt: showsMinted ? BigInt(POSTED_AT) : 0n }) },
        },
      },
    } as unknown as ServiceContext;
    const keeper = startHere(createUpkeepKeeper(context));
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
    };
    await settle();
    for (const second of looks) {
      since = second;
      look();
      await settle();
    }
    const stopped = keeper.stop();
    look();
    await stopped;
    return asked;
  };

  it("asks about a claim once its window is over", async () => {
    expect(await askedAt([0], [WINDOW, WINDOW + 1])).to.deep.equal([0, WINDOW + 1]);
  });

  it("asks about one of a job with minted escrow a day after the post, and each ten minutes as about any job", async () => {
    const looks = [WINDOW, WINDOW + 1, DAY - 500, DAY, DAY + 1];
    expect(await askedAt([MINTED_BIT], looks)).to.deep.equal([0, DAY - 500, DAY + 1]);
  });

  it("unshown-minted: sees to all jobs where the node does not show one of them yet", async () => {
    const looks = [WINDOW, WINDOW + 1];
    expect(await askedAt([MINTED_BIT, 0], looks, false)).to.deep.equal([0, 0, WINDOW + 1, WINDOW + 1]);
  });
});
