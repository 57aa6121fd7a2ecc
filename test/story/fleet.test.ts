import { mkdtemp } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { createUpkeepKeeper } from "@orion/keepers";
import type { UnitRecord } from "@orion/protocol/chain";
import type { OrionError } from "@orion/protocol/common";
import { readDisputes } from "@orion/protocol/disputes";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { createWorker, type Carrier, type WorkerRules } from "@orion/worker";

import { orion } from "../integration/cli/orion.ts";
import { jobOf } from "../support/network/checks.ts";
import { caseOf, demandTraceOf, openClaim } from "../support/network/demand-trace.ts";
import { startFlowingChain } from "../support/network/flowing-chain.ts";
import { startHere, type Started } from "../support/network/in-process.ts";
import { marketCalls } from "../support/network/market-calls.ts";
import { publishTinyJob } from "../support/network/publish-manifest.ts";
import { journalDirOf, until } from "../support/network/services.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../support/network/test-network.ts";
import type { TinyJob } from "../support/network/tiny-job.ts";

/** The key with the money, two keys of machines, and an account that carries the first machine's answers. */
const [PROVIDER, FIRST, SECOND, CARRIER] = [0, 1, 2, 3].map((place) => ACCOUNTS.workers + place) as [
  number,
  number,
  number,
  number,
];
const STAKE = 100n * ORION;
const CLOCKS = { claimPeriod: 60, challengeWindow: 600, answerPeriod: 60, leastWindow: 2 };

describe("a fleet under one stake", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let backend: Backend;
  let job: TinyJob;
  let folder: string;
  let started: Started[] = [];

  const provider = async (...args: string[]): Promise<Record<string, unknown>> => {
    const ran = await orion(["provider", ...args, "--network", running.networkFile, "--json"], {
      cwd: folder,
      env: { ORION_PRIVATE_KEY: accountAt(PROVIDER).privateKey },
    });
    expect(ran.code, ran.stderr).to.equal(0);
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const startMachine = (key: number, rules: WorkerRules = {}, carrier?: Carrier): Started => {
    const context = { ...running.context(key), backend, journalDir: journalDirOf(running, key) };
    const worker = createWorker(
      { ...context, ...(carrier === undefined ? {} : { carrier }) },
      { intervalMs: 50, ...rules },
    );
    const one = startHere(worker);
    started.push(one);
    return one;
  };
  const stopAll = async (): Promise<void> => {
    const all = started;
    started = [];
    await Promise.all(all.map((one) => one.stop()));
  };
  const units = async (): Promise<UnitRecord[]> => [...(await jobOf(running, job)).units];
  const locked = async (): Promise<bigint> => {
    const { registry } = running.chain.contracts;
    return (await registry.account(accountAt(PROVIDER).address, running.network.addresses.market)).locked;
  };
  const allCommitted = async (): Promise<boolean> => (await units()).every(({ status }) => status === "committed");
  const demandTrace = async (unit: UnitRecord): Promise<void> => {
    const known = await openClaim(running, job, unit);
    await running.sender(ACCOUNTS.stranger).send(await demandTraceOf(caseOf(running, job, unit), known, 0));
  };

  before(async () => {
    running = await startTestNetwork({ fast: CLOCKS, startChain: startFlowingChain });
    folder = await mkdtemp(path.join(running.dir, "cli-"));
    backend = await createBackend({ mode: "webasm" });
    await running.stake(PROVIDER, STAKE);
    job = await publishTinyJob(running, { shards: 4, shardsPerClaim: 1 });
  });
  afterEach(stopAll);
  after(async () => {
    await backend?.dispose();
    await running?.stop();
  });

  it("gives machines keys that lock no more than they may", async () => {
    const { collateralPerClaim } = job.terms;
    for (const key of [FIRST, SECOND]) {
      const { registry } = running.chain.contracts;
      const data = registry.interface.encodeFunctionData("joinProvider", [accountAt(PROVIDER).address]);
      await running.sender(key).send({ to: running.network.addresses.registry, data, label: "join" });
    }
    await provider("key", "authorise", accountAt(FIRST).address, "50");
    // The allowance of the second suffices for two claims; it is counted in steps of 2^16 wei.
    const two = Number(collateralPerClaim * 2n + (1n << 20n)) / 1e18;
    await provider("key", "authorise", accountAt(SECOND).address, two.toFixed(12));
    startMachine(SECOND);
    const taken = async (): Promise<number> => (await units()).filter(({ status }) => status === "committed").length;
    await until("two claims", async () => (await taken()) === 2);
    // It has looked again, more than once, and took no more.
    const refused = await marketCalls(running, SECOND)
      .claim(job.terms, [(await units()).find(({ status }) => status === "free")!.index])
      .catch((error: unknown) => (error as OrionError).message);
    expect(refused).to.match(/AllowanceExceeded|allowance/i);
    expect(await taken()).to.equal(2);
    expect(await locked()).to.equal(2n * collateralPerClaim);
  });

  it("finishes with another machine what one that died has claimed under the same key", async () => {
    const free = (await units()).filter(({ status }) => status === "free").map(({ index }) => index);
    await marketCalls(running, FIRST).claim(job.terms, free);
    startMachine(FIRST);
    await until("the commits", allCommitted);
    const byKey = (await units()).map(({ worker }) => worker).sort();
    const [first, second] = [accountAt(FIRST).address, accountAt(SECOND).address];
    expect(byKey).to.deep.equal([first, first, second, second].sort());
  });

  it("answers for an empty wallet by a carrier, who sends what the machine has signed", async () => {
    const { chain, chainProcess } = running;
    const [mine, other] = [FIRST, SECOND].map((key) => accountAt(key).address) as [string, string];
    const key = accountAt(FIRST);
    const carrier: Carrier = {
      sender: running.sender(CARRIER),
      signTypedData: (domain, types, value) => key.signTypedData(domain, types, value),
    };
    await chainProcess.rpc("hardhat_setBalance", [mine, "0x0"]);
    for (const unit of await units()) await demandTrace(unit);
    startMachine(FIRST, {}, carrier);
    startMachine(SECOND);
    const answers = async (): Promise<string[]> => {
      const { disputes } = chain.contracts;
      return (await disputes.queryFilter(disputes.filters.TraceAnswered())).map(({ args }) => args.responder);
    };
    await until("all answers", async () => (await answers()).length === 4);
    expect((await answers()).sort()).to.deep.equal(
      [accountAt(CARRIER).address, accountAt(CARRIER).address, other, other].sort(),
    );
    const disputes = await readDisputes(
      chain,
      (await units()).map((unit) => unit.key),
      0,
    );
    for (const unit of await units()) {
      const { demands } = disputes.of(running.network.addresses.market, unit.key)!;
      expect([...demands.values()].every(({ answer }) => answer !== undefined)).to.equal(true);
    }
  });

  it("pays the provider, frees its stake, and leaves nothing to the keys", async () => {
    await running.advance(CLOCKS.challengeWindow + 1);
    started.push(startHere(createUpkeepKeeper(running.context(ACCOUNTS.upkeep), { intervalMs: 50 })));
    await until("the settlement", async () => (await jobOf(running, job)).settledShards === 4);
    const { credits, registry } = running.chain.contracts;
    const account = await registry.account(accountAt(PROVIDER).address, running.network.addresses.market);
    expect([account.free, account.locked]).to.deep.equal([STAKE, 0n]);
    expect(await credits.balanceOf(accountAt(PROVIDER).address)).to.equal(4n * job.terms.pricePerShard);
    for (const key of [FIRST, SECOND]) expect(await credits.balanceOf(accountAt(key).address)).to.equal(0n);
    const { keys } = (await provider("key", "list")) as { keys: { unsettled: number }[] };
    expect(keys.map(({ unsettled }) => unsettled)).to.deep.equal([0, 0]);
  });
});
