import { expect } from "chai";

import { CREDIT } from "@orion/protocol/common";

import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { tinyImages } from "../../support/network/tiny-job.ts";
import { orion, type Ran } from "./orion.ts";
import { writeTinyFiles } from "./tiny-files.ts";

const POST = ["job", "post", "model.ortp", "--weights", "weights", "--input", "images.npy", "--dry-run"];

describe("orion job post, on a network without a price history", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  const run = (args: readonly string[]): Promise<Ran> =>
    orion(args, {
      cwd: running.dir,
      env: { ORION_PRIVATE_KEY: accountAt(ACCOUNTS.deployer).privateKey, ORION_NETWORK: running.networkFile },
    });

  before(async () => {
    running = await startTestNetwork();
    await writeTinyFiles(running.dir, tinyImages(15));
  });
  after(async () => {
    await running.stop();
  });

  it("refuses to choose a collateral, and says what to do", async () => {
    const ran = await run(POST);
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.match(
      /^error: the exchange gives no live price of credits .*\nhint: .*--collateral .*--without-price\n$/m,
    );
  });

  it("takes a collateral that is given", async () => {
    const ran = await run([...POST, "--collateral", "1", "--json"]);
    expect(ran.stderr).to.equal("");
    const { terms } = JSON.parse(ran.stdout) as { terms: { collateralPerClaim: string } };
    expect(terms.collateralPerClaim).to.equal(String(ORION));
  });

  it("takes the floor for the price when told", async () => {
    const ran = await run([...POST, "--without-price", "--json"]);
    expect(ran.stderr).to.equal("");
    const { terms } = JSON.parse(ran.stdout) as { terms: Record<string, string | number> };
    const [floor] = await running.chain.contracts.credits.parameters();
    const followed = (BigInt(terms.workPerShard ?? "") * BigInt(terms.shardsPerClaim ?? 0) * floor * 20n) / CREDIT;
    // This job is so small that the least of a claim counts.
    expect(followed).to.be.lessThan(ORION);
    expect(terms.collateralPerClaim).to.equal(String(ORION));
  });

  it("buys with a limit above the present price, and says that there is no mean", async () => {
    const ran = await run([...POST, "--without-price", "--pay", "orion"]);
    expect(ran.code).to.equal(0);
    expect(ran.stdout).to.include("the present price and 5%, as there is no mean of the last hour");
    expect(ran.stdout).to.include("none in the last hour, none in 7 days");
  });
});
