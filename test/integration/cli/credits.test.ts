import { expect } from "chai";
import { parseEther } from "ethers";

import {
  accountAt,
  ACCOUNTS,
  CU,
  ORION,
  startTestNetwork,
  type TestNetwork,
} from "../../support/network/test-network.ts";
import { orion, type Ran } from "./orion.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
type Json = Record<string, unknown>;

describe("orion credits", function () {
  this.timeout(300_000);
  let running: TestNetwork;

  const run = (account: keyof typeof ACCOUNTS, ...args: string[]): Promise<Ran> =>
    orion(["credits", ...args], {
      cwd: running.dir,
      env: { ORION_PRIVATE_KEY: accountAt(ACCOUNTS[account]).privateKey, ORION_NETWORK: running.networkFile },
    });
  const json = async (...args: string[]): Promise<Json> => {
    const ran = await run("deployer", ...args, "--json");
    expect(ran.stderr, args.join(" ")).to.equal("");
    return JSON.parse(ran.stdout) as Json;
  };
  const positions = async (): Promise<Json[]> => (await json("positions")).positions as Json[];

  before(async () => {
    running = await startTestNetwork();
  });
  after(async () => {
    await running.stop();
  });

  it("cost the floor while the exchange gives no price, and say so before anything is signed", async () => {
    const { stdout } = await run("stranger", "price");
    expect(stdout)
      .to.match(/^collateral +2 ORION per CU: the floor$/m)
      .and.to.match(/^price +not live: only the floor/m);
    expect(stdout)
      .to.match(/^mean, 7 d +none$/m)
      .and.to.match(/^spot +1 ORION per CU, 0\.5 USD$/m);
    const minted = await run("deployer", "mint", "3", "--term", "10d");
    expect(minted.stderr)
      .to.match(/^minting +3 CU of .* that may be minted$/m)
      .and.to.match(/^lock +6 ORION$/m);
    expect(minted.stderr)
      .to.match(/^fee +≈ 0\.015\d* ORION, 0\.2\d% of the lock, burned$/m)
      .and.to.match(/^quota +≈ 20\d,\d+\.\d+ CU left this hour, of ≈ 208,333\.333333 CU$/m);
    expect(minted.stderr)
      .to.match(/^collateral +2 ORION per CU: the floor$/m)
      .and.to.match(/^owed by +.* UTC \(chain time\)$/m);
    expect(minted.stdout)
      .to.match(/^locked +6 ORION$/m)
      .and.to.match(/^fee +0\.015\d* ORION$/m);
  });

  it("are refused above the hour's quota, above the limit of the cost and beyond the longest term, with a hint", async () => {
    const most = await run("deployer", "mint", "6000000");
    expect(most).to.include({ code: 2, stdout: "" });
    expect(most.stderr).to.match(
      /error: 6,000,000 CU are more than may be minted in this hour, of whose quota ≈ [\d.,]+ CU are left: .*\nhint: .*next hour/,
    );
    const dear = await run("deployer", "mint", "1", "--max-cost", "2");
    expect(dear).to.include({ code: 2, stdout: "" });
    expect(dear.stderr).to.match(
      /^error: lock and fee are 2\.005\d* ORION now, more than 2 ORION\nhint: .*--max-cost/m,
    );
    const tiny = await run("deployer", "mint", "5nCU", "--max-cost", "1n");
    expect(tiny.stderr).to.match(/^error: lock and fee are 10\.02\d* nORION now, more than 1 nORION$/m);
    const long = await run("deployer", "mint", "1", "--term", "31d");
    expect(long).to.include({ code: 2, stdout: "" });
    expect(long.stderr).to.match(/^error: a term is 30 d at most, not 31 d\nhint: .*--term/);
    const poor = await run("stranger", "mint", "1");
    expect(poor.stderr).to.match(/holds 0 ORION, 2\.005\d* ORION are needed\nhint: /);
  });

  it("show each position's time left and what a roll would add", async () => {
    const [newest] = (await positions()).slice(-1);
    expect(newest).to.include({ debt: String(3n * CU), lock: String(6n * ORION), topUp: "0", paidNow: "0" });
    expect(newest?.secondsLeft).to.be.within(10 * DAY - 300, 10 * DAY);
    const { stdout } = await run("deployer", "positions");
    expect(stdout).to.match(/^position +owes +locked +until +left +a roll adds now +owner$/m);
    expect(stdout).to.match(/3 CU +6 ORION +.* UTC +9 d 23 h +nothing +0x[0-9a-fA-F]{40}$/m);
  });

  it("leave positions of others alone, and say whose they are", async () => {
    const id = (await positions()).at(-1)?.id as string;
    const whose = /^error: position \d+ belongs to 0x\w+, the signer is 0x\w+\nhint: /;
    for (const args of [
      ["redeem", id, "1"],
      ["roll", id],
    ]) {
      const ran = await run("stranger", ...args);
      expect(ran, args.join(" ")).to.include({ code: 2, stdout: "" });
      expect(ran.stderr).to.match(whose);
    }
    const gift = await run("stranger", "roll", id, "--for-another");
    expect(gift.stderr).to.match(/^error: position \d+ needs no more ORION: only its owner 0x\w+ may roll it$/m);
    for (const args of [
      ["redeem", "999", "1"],
      ["roll", "999"],
      ["roll", "999", "--for-another"],
    ]) {
      expect((await run("deployer", ...args)).stderr).to.match(/^error: there is no open position 999\nhint: /);
    }
    expect((await run("deployer", "redeem", id, "4")).stderr).to.match(
      /^error: position \d+ owes 3 CU, less than 4 CU$/m,
    );
    expect((await run("deployer", "roll", id, "--term", "31d")).stderr).to.include("a term is 30 d at most");
    expect((await run("deployer", "roll", id, "--term", "16d")).stderr).to.match(
      /^error: a roll moves the end, .* UTC, by 7 days at least\nhint: give a longer --term/m,
    );
  });

  it("are delivered on only after the end, for what was shown, by the auction", async () => {
    const [newest] = (await positions()).slice(-1);
    const id = newest?.id as string;
    const early = await run("deployer", "deliver", id, "1");
    expect(early).to.include({ code: 2, stdout: "" });
    expect(early.stderr).to.match(/has not ended, and will at .* UTC\nhint: deliver in 9 d/);
    // Half of the auction.
    await running.advance(10 * DAY + 36 * HOUR);
    const overdue = await run("deployer", "positions");
    expect(overdue.stdout).to.match(/overdue: a delivery is paid ≈ 3\.0\d+ ORION/);
    // Whoever wants to deliver finds it without knowing its owner.
    const found = JSON.parse((await run("stranger", "positions", "--overdue", "--json")).stdout) as Json;
    expect(found.address).to.equal(null);
    expect((found.positions as Json[]).map((position) => position.id)).to.deep.equal([id]);
    const stranger = accountAt(ACCOUNTS.stranger).address;
    expect((await run("stranger", "positions", "--overdue", stranger)).stdout).to.equal(
      `${stranger} has no overdue position\n`,
    );
    expect((await run("deployer", "deliver", id, "4")).stderr).to.include("owes 3 CU, less than 4 CU");
    const poor = await run("stranger", "deliver", id, "1");
    expect(poor).to.include({ code: 2, stdout: "" });
    expect(poor.stderr).to.match(/holds 0 CU, 1 CU are needed\nhint: mint credits/);
    const delivered = await run("deployer", "deliver", id, "1");
    expect(delivered.stderr).to.match(/^now it is paid ≈ 1\.00\d+ ORION; three days after the end 2 ORION/m);
    expect(delivered.stdout).to.match(/^delivered 1 CU for 1\.00\d+ ORION$/m);
    expect((await run("deployer", "deliver", "999", "1")).stderr).to.include("there is no open position 999");
  });

  it("cost twice the mean once a week of prices is there, and say which mean", async () => {
    const { dex, credits, orion: token } = running.chain.contracts;
    const { addresses } = running.network;
    const treasury = running.sender(ACCOUNTS.deployer);
    // Somebody buys compute for a tenth of the pool: its price rises by a fifth.
    const spend = parseEther("100");
    const approve = token.interface.encodeFunctionData("approve", [addresses.dex, spend]);
    await treasury.send({ to: addresses.orion, data: approve, label: "approve" });
    const hops = [{ tokenOut: addresses.credits, fee: 30 }];
    const buy = {
      tokenIn: addresses.orion,
      hops,
      amountIn: spend,
      minOut: 1n,
      to: treasury.address,
      deadline: 2n ** 40n,
    };
    await treasury.send({
      to: addresses.dex,
      data: dex.interface.encodeFunctionData("swapExactIn", [buy]),
      label: "buy",
    });
    await running.advance(7 * DAY);
    const observe = dex.interface.encodeFunctionData("observe", [await credits.POOL()]);
    for (let hour = 0; hour < 26; hour++) {
      await treasury.send({ to: addresses.dex, data: observe, label: "observe" });
      await running.advance(HOUR);
    }
    const price = await json("price");
    expect(price).to.include({ live: true });
    expect(["hour", "week"]).to.include(price.rule);
    const each = BigInt(price.collateral as string);
    expect(Number(each) / 1e18).to.be.within(2.41, 2.43);
    const { stdout } = await run("stranger", "price");
    expect(stdout).to.match(/^collateral +≈ 2\.4\d+ ORION per CU: twice the mean price of (7 days|the last hour)$/m);
    const [newest] = (await positions()).slice(-1);
    const id = newest?.id as string;
    expect(BigInt(newest?.topUp as string)).to.equal(2n * each - BigInt(newest?.lock as string));
    const rolled = await run("deployer", "roll", id);
    expect(rolled.code, rolled.stderr).to.equal(0);
    expect(rolled.stderr).to.match(/^a roll adds 0\.8\d+ ORION to the lock now and burns ≈ 0\.0\d+ ORION$/m);
    expect((await positions()).find((position) => position.id === id)).to.include({ topUp: "0" });
  });
});
