import { randomBytes } from "node:crypto";

import { expect } from "chai";

import { connectChain, readJob } from "@orion/protocol/chain";
import { toHex } from "@orion/protocol/common";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { marketCalls } from "../../support/network/market-calls.ts";
import { followed } from "../../support/network/random-market.ts";
import { ACCOUNTS, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { postTinyJob } from "../../support/network/tiny-job.ts";
import { startTroubledRpc, type TroubledRpc } from "../../support/network/troubled-rpc.ts";

const anvil = anvilPath();

describe("readJob", function () {
  this.timeout(60_000);
  let running: TestNetwork;
  let rpc: TroubledRpc;

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    rpc = await startTroubledRpc(running.network.rpcUrl);
  });
  after(async () => {
    await rpc?.stop();
    await running?.stop();
  });

  it("reads one job as the follower of the whole market sees it, in few calls, also where its manifest came later", async () => {
    const early = await postTinyJob(running, { shards: 2 });
    for (let seed = 1; seed < 6; seed++) await postTinyJob(running, { shards: 1, seed });
    await marketCalls(running, ACCOUNTS.orchestrator).publishManifest(early.terms, toHex(randomBytes(32)));
    const late = await postTinyJob(running, { shards: 1, seed: 9 });
    const { jobs } = await running.follower.sync();
    const chain = await connectChain({ ...running.network, rpcUrl: rpc.url });
    for (const { jobId } of [early, late]) {
      rpc.reset();
      const job = await readJob(chain, jobId);
      const known = jobs.get(jobId);
      if (job === undefined || known === undefined) throw new Error("the job was not found");
      expect({ ...followed(job), manifests: job.manifests, terms: job.terms }).to.deep.equal({
        ...followed(known),
        manifests: known.manifests,
        terms: known.terms,
      });
      expect(Object.values(rpc.counts).reduce((sum, count) => sum + count, 0)).to.be.at.most(20);
    }
    expect(await readJob(chain, toHex(randomBytes(32)))).to.equal(undefined);
    chain.close();
  });
});
