import { expect } from "chai";

import { createUpkeepKeeper } from "@orion/keepers";
import { optionsOf } from "@orion/protocol/disputes";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { jobOf } from "../../support/network/checks.ts";
import { startHere } from "../../support/network/in-process.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { until } from "../../support/network/services.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { postTinyJob } from "../../support/network/tiny-job.ts";

const anvil = anvilPath();
const LONG = 2;

describe("the upkeep keeper among jobs with nothing due (starve-upkeep)", function () {
  this.timeout(60_000);
  const worker = ACCOUNTS.workers;
  let running: TestNetwork;

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil), fast: { claimPeriod: 60 } });
    await running.stake(worker, 1_000n * ORION);
  });
  after(() => running?.stop());

  it("serves a job that is due behind five older ones whose claims have long to go, and asks about none of those again", async () => {
    const calls = marketCalls(running, worker);
    for (let i = 0; i < 5; i++) {
      const { terms } = await postTinyJob(running, {
        shards: 1,
        seed: i + 1,
        terms: { options: optionsOf({ profile: LONG }) },
      });
      await calls.claim(terms, [0]);
    }
    const due = await postTinyJob(running, { shards: 1, seed: 9 });
    await calls.claim(due.terms, [0]);
    const asked: string[] = [];
    const step = (name: string): void => void asked.push(name);
    const keeper = startHere(createUpkeepKeeper({ ...running.context(ACCOUNTS.upkeep), step }, { intervalMs: 50 }));
    try {
      await running.advance(61);
      await until("the expiry", async () => (await jobOf(running, due)).penalties.length === 1);
    } finally {
      await keeper.stop();
    }
    expect(asked).to.deep.equal(["upkeep:checked", "upkeep:performed"]);
  });
});
