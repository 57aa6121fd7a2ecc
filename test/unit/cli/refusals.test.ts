import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { SigningClient } from "../../../cli/core/client.ts";
import { planLines } from "../../../cli/credits/mint.ts";
import { cancelJob } from "../../../cli/job/cancel.ts";
import { mintLines } from "../../../cli/job/mint-quote.ts";
import { missingStake } from "../../../cli/provider/register.ts";

const ORION = 10n ** 18n;
const DAY = 86_400;

describe("a registration", () => {
  const account = { provider: "0xme", free: 0n, locked: 0n, authorised: false };

  it("stakes what is asked where nothing is staked yet, authorised or not", () => {
    expect(missingStake(account, ORION)).to.equal(ORION);
    expect(missingStake({ ...account, authorised: true }, ORION)).to.equal(ORION);
  });

  it("does not stake twice when it is resumed", () => {
    expect(missingStake({ ...account, free: ORION }, ORION)).to.equal(0n);
    expect(missingStake({ ...account, free: 2n * ORION }, ORION)).to.equal(0n);
    expect(missingStake({ ...account, free: ORION, locked: ORION }, 5n * ORION)).to.equal(3n * ORION);
  });

  it("is refused where it is done already", () => {
    const done = { ...account, free: 3n * ORION, locked: ORION, authorised: true };
    expect(() => missingStake(done, ORION))
      .to.throw(InvalidInputError, "0xme is registered already, with 4 ORION staked: nothing was added")
      .with.property("hint")
      .that.includes("orion provider stake");
  });
});

describe("the cancellation of a job", () => {
  const failureOf = async (...statuses: string[]): Promise<unknown> => {
    const units = statuses.map((status, index) => ({ index, status }));
    const job = { jobId: "0x1", terms: { poster: "0xme", shards: 9 }, units, cancelled: false };
    const full = { ...job, units: Object.assign(units, { settled: 0 }) };
    const chain = {
      contracts: { market: { interface: { encodeFunctionData: () => "0x" } } },
      network: { addresses: { market: "0xm" } },
    };
    const sender = { address: "0xme", send: () => Promise.reject(new Error("sent")) };
    const client = { chain, sender } as unknown as SigningClient;
    return cancelJob(client, full as unknown as JobRecord).catch((error: unknown) => error);
  };

  it("is refused, and not signed, where all of it is committed or settled", async () => {
    const error = await failureOf("committed", "settled", "committed");
    expect(error).to.be.instanceOf(InvalidInputError);
    expect((error as Error).message).to.include("nothing is left to cancel");
  });

  it("is sent where a unit is free, or claimed and may come back", async () => {
    expect(await failureOf("committed", "free")).to.have.property("message", "sent");
    expect(await failureOf("committed", "claimed")).to.have.property("message", "sent");
  });
});

describe("the plan of a mint", () => {
  const price = {
    live: true,
    spot: ORION,
    hour: ORION,
    week: ORION,
    collateral: 2n * ORION,
    rule: "mean",
    mean: ORION,
  };
  const shared = { lock: 2n * ORION, fee: 1n, end: 1_800_000_000, paused: false, price };

  it("warns of a term that is over almost at once", () => {
    const plan = { ...shared, amount: ORION, mintable: ORION, quota: { quota: ORION, minted: 0n } };
    const lines = (termSeconds: number): string =>
      planLines({ ...plan, termSeconds } as unknown as Parameters<typeof planLines>[0]).join("\n");
    expect(lines(1)).to.match(/WARNING +the term is 1 s: the position is overdue almost at once/);
    expect(lines(DAY)).not.to.include("WARNING");
  });

  it("warns of a debt that ends before the job can settle", () => {
    const quote = { ...shared, escrow: ORION, termSeconds: DAY, maxCost: 3n * ORION, quota: ORION, left: ORION };
    const lines = (settlesFrom: number): string =>
      mintLines({ ...quote, settlesFrom } as unknown as Parameters<typeof mintLines>[0]).join("\n");
    expect(lines(shared.end + 1)).to.match(/WARNING +the debt ends before the job can settle/);
    expect(lines(shared.end - 1)).not.to.include("WARNING");
  });
});
