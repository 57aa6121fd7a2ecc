import { expect } from "chai";
import { parseEther, toBeHex } from "ethers";

import { rpc } from "@orion/cli";
import { CREDIT } from "@orion/protocol/common";

import { expectRefused, MINE, startDexNetwork, type DexNetwork, type Json } from "./dex-network.ts";

const ORION = 10n ** 18n;
const CU = CREDIT;

describe("orion dex: trading and providing liquidity", function () {
  this.timeout(180_000);
  let net: DexNetwork;
  before(async () => {
    net = await startDexNetwork();
  });
  after(() => net.stop());

  it("lists the seeded pool with its prices, in ORION and in dollars", async () => {
    const { pools, orionUsd } = await net.json("pools");
    expect(orionUsd).to.equal(String(ORION / 2n));
    expect(pools).to.have.length(1);
    expect((pools as Json[])[0]).to.deep.include({
      feePercent: 0.3,
      price: "1",
      valueOrion: String(2_000n * ORION),
      valueUsd: String(1_000n * ORION),
    });
    const price = await net.json("price");
    expect(price).to.include({ price: "1", usd: "0.5" });
    // The seeded price has not moved in a week; the exchange keeps logarithms of it, rounded.
    for (const mean of [price.meanHour, price.meanWeek]) expect(Math.abs(Number(mean) - 1) < 1e-6).to.equal(true);
    expect(await net.json("price", "ORION", "--in", "CU")).to.include({ price: "1", usd: "0.5" });
  });

  it("quotes what the exchange itself says, and signs nothing with --dry-run", async () => {
    const { dex } = net.engineer.chain.contracts;
    const { orion: token, credits } = net.engineer.chain.network.addresses;
    const hops = [{ tokenOut: credits, fee: 30 }];
    const before = await net.balances();
    const quote = await net.json("quote", "--in", "10", "--from", "ORION", "--to", "CU");
    expect(quote.amountOut).to.equal(String(await dex.quoteExactIn(token, hops, 10n * ORION)));
    const dry = await net.json("swap", "--out", "5", "--from", "ORION", "--to", "CU", "--dry-run", ...MINE);
    expect(dry).to.include({ dryRun: true });
    expect(dry.amountIn).to.equal(String(await dex.quoteExactOut(token, hops, 5n * CU)));
    expect(await net.balances()).to.deep.equal(before);
  });

  it("sells an exact amount in one transaction, for exactly what was quoted", async () => {
    const before = await net.balances();
    const quote = await net.json("quote", "--in", "10", "--from", "ORION", "--to", "CU", "--slippage", "1%");
    expect(quote.minOut).to.equal(String((BigInt(quote.amountOut as string) * 99n + 99n) / 100n));
    const swapped = await net.json("swap", "--in", "10", "--from", "ORION", "--to", "CU", ...MINE);
    expect(swapped).to.include({ paid: String(10n * ORION), received: quote.amountOut });
    expect(await net.balances()).to.deep.equal({
      orion: before.orion - 10n * ORION,
      credits: before.credits + BigInt(quote.amountOut as string),
      nonce: before.nonce + 1,
    });
  });

  it("buys an exact amount in one transaction, and shows what is agreed to before it signs", async () => {
    const before = await net.balances();
    const ran = await net.run("swap", "--out", "2.5", "--from", "orion", "--to", "cu", ...MINE);
    expect(ran.code).to.equal(0);
    expect(ran.stderr).to.match(
      /^pay +2\.\d+ ORION, at most 2\.\d+ ORION\nget +2\.5 CU\nroute +ORION → CU \(0\.3%\)\nprice .*\nprice impact .*\nfees +0\.30% of the input: [\d.]+ m?ORION\nswap: about \d+ gas, [\d.]+ coin, [\d.]+ at most\nswap: \d+ gas at [\d.]+ gwei, [\d.]+ coin\n$/,
    );
    expect(ran.stdout).to.match(/^paid 2\.\d+ ORION and received 2\.5 CU\n$/);
    const after = await net.balances();
    expect(after).to.include({ credits: before.credits + (5n * CU) / 2n, nonce: before.nonce + 1 });
  });

  describe("as a provider of liquidity", () => {
    it("adds both tokens in one transaction, knowing one amount", async () => {
      const before = await net.balances();
      const added = await net.json("add", "CU/ORION", "--first", "100", ...MINE);
      const after = await net.balances();
      const [amount0, amount1] = [BigInt(added.amount0 as string), BigInt(added.amount1 as string)];
      const creditsFirst = added.token0 === net.engineer.chain.network.addresses.credits;
      expect(before.credits - after.credits).to.equal(creditsFirst ? amount0 : amount1);
      expect(before.orion - after.orion).to.equal(creditsFirst ? amount1 : amount0);
      expect(before.credits - after.credits).to.be.within(100n * CU - 1n, 100n * CU);
      expect(after.nonce).to.equal(before.nonce + 1);
      const { dex } = net.engineer.chain.contracts;
      expect(
        await dex.balanceOf(net.engineer.sender.address, await net.engineer.chain.contracts.credits.POOL()),
      ).to.equal(BigInt(added.shares as string));
      const { positions } = await net.json("position", ...MINE);
      expect((positions as Json[])[0]).to.deep.include({
        shares: added.shares,
        staked: "0",
        amount0: String(amount0 - 1n),
      });
    });

    /** Chain time of the last of a command's transactions. */
    const minedAt = async (transactions: unknown): Promise<number> => {
      const { provider } = net.engineer.chain;
      const { hash } = (transactions as { hash: string }[]).at(-1) ?? { hash: "" };
      const receipt = await provider.getTransactionReceipt(hash);
      return (await receipt?.getBlock())?.timestamp ?? 0;
    };

    it("stakes a part, harvests exactly what the farm pays, withdraws, and leaves in an emergency", async () => {
      const { dex, mining } = net.engineer.chain.contracts;
      const id = await net.engineer.chain.contracts.credits.POOL();
      const shares = await dex.balanceOf(net.engineer.sender.address, id);
      const deposited = await net.json("farm", "deposit", "CU/ORION", "--part", "60%", ...MINE);
      expect(deposited).to.include({ deposited: String((shares * 60n) / 100n), staked: String((shares * 60n) / 100n) });
      await rpc(net.devnet.network.rpcUrl, "evm_increaseTime", [3_600]);
      await rpc(net.devnet.network.rpcUrl, "evm_mine", []);
      const before = await net.balances();
      const { harvested, transactions } = await net.json("farm", "harvest", "CU/ORION", ...MINE);
      // The only staker gets the whole rate, 0.05 ORION a second, up to what is rounded down.
      const elapsed = (await minedAt(transactions)) - (await minedAt(deposited.transactions));
      expect(elapsed).to.be.within(3_600, 3_640);
      const whole = parseEther("0.05") * BigInt(elapsed);
      expect(whole - BigInt(harvested as string) <= 1_000n && BigInt(harvested as string) <= whole).to.equal(true);
      expect((await net.balances()).orion - before.orion).to.equal(BigInt(harvested as string));
      const { farms } = await net.json("farm", "status", ...MINE);
      expect((farms as Json[])[0]).to.include({ rate: String(parseEther("0.05")), staked: deposited.staked });
      await net.json("farm", "withdraw", "CU/ORION", "--shares", "1000", ...MINE);
      const exited = await net.json("farm", "exit", "CU/ORION", ...MINE);
      expect(exited.shares).to.equal(String((shares * 60n) / 100n - 1_000n));
      expect(BigInt(exited.forfeited as string) > 0n).to.equal(true);
      expect(await dex.balanceOf(net.engineer.sender.address, id)).to.equal(shares);
      expect([...(await mining.stakeOf(id, net.engineer.sender.address))]).to.deep.equal([0n, 0n]);
    });

    it("can't stake, withdraw, remove or harvest what it has not", async () => {
      const other = ["--account", "worker-1"];
      expectRefused(
        await net.run("farm", "withdraw", "CU/ORION", ...MINE),
        2,
        "there are no shares of CU/ORION 0.3% in the farm",
      );
      expectRefused(
        await net.run("farm", "harvest", "CU/ORION", ...MINE),
        2,
        "earned nothing",
        "orion dex farm deposit",
      );
      expectRefused(await net.run("farm", "exit", "CU/ORION", ...MINE), 2, "has no shares in the farm");
      expectRefused(await net.run("farm", "deposit", "CU/ORION", ...other), 2, "there are no shares", "orion dex add");
      expectRefused(await net.run("remove", "CU/ORION", ...other), 2, "there are no shares");
      expectRefused(await net.run("remove", "CU/ORION", "--shares", "9".repeat(34), ...MINE), 2, "there are only");
    });

    it("removes exactly the shares' part of both tokens", async () => {
      const { dex, credits: token } = net.engineer.chain.contracts;
      const id = await net.engineer.chain.contracts.credits.POOL();
      const shares = await dex.balanceOf(net.engineer.sender.address, id);
      const before = await net.balances();
      const removed = await net.json("remove", "CU/ORION", "--part", "50%", ...MINE);
      const after = await net.balances();
      expect(await dex.balanceOf(net.engineer.sender.address, id)).to.equal(shares - shares / 2n);
      const creditsFirst = removed.token0 === (await token.getAddress());
      const [gotCredits, gotOrion] = creditsFirst
        ? [removed.amount0, removed.amount1]
        : [removed.amount1, removed.amount0];
      expect(after.credits - before.credits).to.equal(BigInt(gotCredits as string));
      expect(after.orion - before.orion).to.equal(BigInt(gotOrion as string));
      expect(after.nonce).to.equal(before.nonce + 1);
    });

    it("needs no more of a token than the pool takes, whatever it may take at most", async () => {
      const before = await net.balances();
      const most = String(before.orion / ORION + 1_000n);
      await net.json("add", "CU/ORION", "--first", "1", "--second", most, ...MINE);
      const after = await net.balances();
      expect(before.credits - after.credits).to.be.within(CU - 1n, CU);
      expect(before.orion - after.orion).to.be.within(1n, 10n * ORION);
    });

    it("means the pool that prices credits where somebody made another one of the same tokens", async () => {
      const { pool: other } = await net.json(
        "add",
        "CU/ORION",
        "--first",
        "1",
        "--second",
        "1",
        "--fee",
        "1%",
        ...MINE,
      );
      const canonical = toBeHex(await net.engineer.chain.contracts.credits.POOL(), 32);
      const meant = async (...args: string[]): Promise<unknown> => (await net.json(...args, ...MINE)).pool;
      expect(await meant("add", "CU/ORION", "--first", "1"))
        .to.equal(canonical)
        .and.not.equal(other);
      expect(await meant("remove", "CU/ORION", "--part", "50%", "--fee", "1%")).to.equal(other);
    });
  });
});
