import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { id, ZeroAddress } from "ethers";

import { contractInterface, MarketState, type MarketEvent, type Terms, type Undo } from "@orion/protocol/chain";
import type { ServiceContext } from "@orion/protocol/jobs";
import { Journal, type WorkerProgress } from "@orion/worker";

import { recordingLogger } from "../../support/network/in-process.ts";
import { accountAt } from "../../support/network/test-network.ts";
import { Payments } from "../../../worker/payments.ts";

const [me, other] = [accountAt(6).address, accountAt(7).address];
const jobId = id("job");
const terms = {
  poster: other,
  shards: 4n,
  shardsPerClaim: 2n,
  rows: 8n,
  profile: 0n,
  keeper: ZeroAddress,
} as unknown as Terms;

const event = (name: string, args: Record<string, unknown>): MarketEvent => ({
  name,
  args: { jobId, ...args },
  block: 1,
  transaction: id(name),
});
const posted = event("JobPosted", { terms });
const claim = (unit: bigint): object => ({
  unit,
  attempt: 0n,
  worker: me,
  provider: me,
  key: id(`key ${String(unit)}`),
});
const claimed = (unit: bigint): MarketEvent => event("UnitClaimed", { ...claim(unit), deadline: 9n });
const committed = (unit: bigint): MarketEvent =>
  event("ClaimCommitted", { ...claim(unit), outputsRoot: id("root"), outputs: id("outputs"), windowEnd: 9n });
const settled = (unit: bigint, worker = me): MarketEvent =>
  event("UnitSettled", {
    unit,
    worker,
    key: id(`key ${String(unit)}`),
    pay: 10n,
    tip: 1n,
    fee: 0n,
    feeTo: worker,
    accepted: false,
  });
const expired = (unit: bigint): MarketEvent =>
  event("UnitExpired", { unit, worker: me, key: id(`key ${String(unit)}`), burned: 3n, compensation: 2n });

describe("a worker's payments", () => {
  let dir: string;
  let journal: Journal;
  let state: MarketState;
  let progress: WorkerProgress[];
  let log: ReturnType<typeof recordingLogger>;
  let payments: Payments;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "orion-payments-"));
    journal = await Journal.open(dir);
    state = new MarketState();
    for (const one of [posted, claimed(0n), claimed(1n)]) state.apply(one);
    progress = [];
    log = recordingLogger();
    const context = { sender: { address: me }, log } as unknown as ServiceContext;
    payments = new Payments(context, journal, (step) => progress.push(step));
  });
  afterEach(async () => {
    journal.close();
    await rm(dir, { recursive: true, force: true });
  });
  const remember = (unit: number): Promise<unknown> =>
    journal.record({ key: id(`key ${String(unit)}`), outputsRoot: id("root"), outputs: id("outputs") });

  it("are reported once each, and end the journal entry", async () => {
    await payments.report(state);
    await remember(1);
    for (const one of [committed(1n), settled(1n)]) state.apply(one);
    await payments.report(state);
    await payments.report(state);
    expect(progress).to.deep.equal([{ kind: "settled", jobId, unit: 1, done: 2, total: 2, key: id("key 1") }]);
    expect(log.lines.map(({ message, fields }) => [message, fields.pay, fields.tip])).to.deep.equal([
      ["paid", "10", "1"],
    ]);
    expect(await journal.keys()).to.deep.equal([]);
  });

  it("of an earlier life are no news, but are forgotten in the journal", async () => {
    await remember(0);
    for (const one of [committed(0n), settled(0n)]) state.apply(one);
    await payments.report(state);
    expect([progress, log.lines]).to.deep.equal([[], []]);
    expect(await journal.keys()).to.deep.equal([]);
  });

  it("of an earlier life whose jobs are retired are forgotten in the journal", async () => {
    await remember(0);
    await remember(1);
    const { topics, data } = contractInterface("JobMarket").encodeEventLog("UnitSettled", [
      ...[id("retired"), id("key 0"), me, 0, 10n, 1n, 0n, me, me, false],
    ]);
    const getLogs = ({ topics: [names, , keys] }: { topics: string[][] }): Promise<unknown> =>
      Promise.resolve(
        [{ topics, data }].filter((log) => names?.includes(log.topics[0] ?? "") && keys?.includes(log.topics[2] ?? "")),
      );
    const provider = { getBlockNumber: () => Promise.resolve(10), getLogs };
    const chain = { network: { deployBlock: 0, addresses: { market: other } }, provider };
    const context = { sender: { address: me }, log, chain } as unknown as ServiceContext;
    await new Payments(context, journal, (step) => progress.push(step)).report(new MarketState());
    expect([progress, log.lines]).to.deep.equal([[], []]);
    expect(await journal.keys()).to.deep.equal([id("key 1")]);
  });

  it("of others are nobody's business", async () => {
    await payments.report(state);
    await remember(0);
    for (const one of [committed(0n), settled(0n, other)]) state.apply(one);
    await payments.report(state);
    expect([progress, log.lines]).to.deep.equal([[], []]);
    expect(await journal.keys()).to.have.length(1);
  });

  it("and penalties are told with what was lost", async () => {
    await payments.report(state);
    await remember(0);
    state.apply(expired(0n));
    await payments.report(state);
    expect(log.lines.map(({ message, fields }) => [message, fields.lost])).to.deep.equal([
      ["claim expired: 0.000000000000000005 ORION lost", "5"],
    ]);
    expect(await journal.keys()).to.deep.equal([]);
  });

  it("that were lost before the worker started are told in one line", async () => {
    state.apply(expired(0n));
    await payments.report(state);
    await payments.report(state);
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      "1 claim(s) of this account were lost before this start, 0.000000000000000005 ORION in all: `orion provider status` shows more",
    ]);
  });

  it("are not told twice when a reorganisation takes them back and brings them again", async () => {
    await payments.report(state);
    for (const one of [committed(0n), committed(1n)]) state.apply(one);
    const undo: Undo[] = [settled(0n), settled(1n)].map((one) => state.apply(one));
    await payments.report(state);
    expect(progress).to.have.length(2);
    undo.reverse().forEach((takeBack) => takeBack());
    await payments.report(state);
    state.apply(settled(1n));
    state.apply(settled(0n));
    await payments.report(state);
    expect(progress).to.have.length(2);
  });
});
