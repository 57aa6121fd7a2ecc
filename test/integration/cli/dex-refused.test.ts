import { spawn } from "node:child_process";
import path from "node:path";

import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { rpc } from "@orion/cli";
import { RevertError } from "@orion/protocol/common";

import { planSwap } from "../../../cli/dex/plan-swap.ts";
import { swap } from "../../../cli/dex/swap.ts";

import { expectRefused, MINE, startDexNetwork, type DexNetwork } from "./dex-network.ts";
import { environment, ROOT } from "./orion.ts";

const ORION = 10n ** 18n;

describe("orion dex, where it can't go on", function () {
  this.timeout(180_000);
  let net: DexNetwork;
  before(async () => {
    net = await startDexNetwork();
  });
  after(() => net.stop());

  describe("given something it can't use", () => {
    const words = ["swap", "--from", "ORION", "--to", "CU", ...MINE];
    const unknown = "0x00000000000000000000000000000000000000aa";
    const cases: readonly (readonly [args: string[], message: string])[] = [
      [[...words], "give either --in or --out"],
      [[...words, "--in", "1", "--out", "1"], "cannot be used with"],
      [[...words, "--in", "0"], "option '--in <amount>' argument '0' is invalid. Give more than 0 ORION."],
      [[...words, "--in", "0.0000000000000000001"], "18 decimals at most"],
      [[...words, "--in", "0.000000000000000001"], "no route from ORION to CU can make this trade"],
      [[...words, "--in", "9".repeat(30)], "more ORION than can exist"],
      [[...words, "--in", "9".repeat(19)], "no route from ORION to CU can make this trade"],
      [[...words, "--in", "90000000", "--max-impact", "100%"], "are needed"],
      [[...words, "--in", "90000000"], "the trade would move the price by 100.00%, more than 15%"],
      [[...words, "--in", "5", "--max-impact", "0.1"], "more than 0.1%"],
      [[...words, "--out", "90000000"], "no route from ORION to CU can make this trade"],
      [["swap", "--in", "1", "--from", "CU", "--to", "CU", ...MINE], "the same token"],
      [["quote", "--in", "1", "--from", "CU", "--to", unknown], "there is no token at"],
      [["price", "ORION"], "a price of ORION is not given in ORION"],
      [["price", unknown], "there is no token at"],
      [["add", "CU/ORION", "--fee", "0.3", ...MINE], "give --first or --second"],
      [
        ["add", "CU/ORION", "--first", "0", ...MINE],
        "option '--first <amount>' argument '0' is invalid. Give more than 0 CU.",
      ],
      [["add", "CU/ORION", "--first", "1", "--second", "0.000000000000000001", ...MINE], "buy no share"],
      [
        ["add", "CU/ORION", "--first", "0.000000000001", "--second", "0.000000000000000001", "--fee", "0.01", ...MINE],
        "too small to begin",
      ],
      [["add", "CU/ORION", "--first", "90000000", ...MINE], "are needed"],
      [["remove", "0x00000000", ...MINE], "the exchange has no pool 0x00000000"],
    ];
    for (const [args, message] of cases) {
      it(`\`orion dex ${args.join(" ")}\``, async () => {
        const { nonce } = await net.balances();
        const ran = await net.run(...args);
        const lines = ran.stderr.trimEnd().split("\n");
        expect(lines.find((line) => line.startsWith("error: "))).to.include(message);
        expect(ran).to.include({ code: 2, stdout: "" });
        expect((await net.balances()).nonce).to.equal(nonce);
      });
    }

    it("an account of nobody", async () => {
      expect(await net.json("position", ZeroAddress)).to.deep.equal({ account: ZeroAddress, positions: [] });
    });
  });

  it("nothing is signed when somebody else moved the price first", async () => {
    const { engineer, treasury } = net;
    const sell = { in: "10", from: "ORION", to: "CU", slippage: 10, maxHops: 3 };
    const plan = await planSwap(engineer.chain, sell);
    const other = await planSwap(treasury.chain, { ...sell, in: "50" });
    await swap(treasury, other, MaxUint256);
    const before = await net.balances();
    const failure = await swap(engineer, plan, MaxUint256).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RevertError).and.include({ revert: "TooLittle" });
    expect((failure as RevertError).hint).to.include("--slippage");
    expect(await net.balances()).to.deep.equal(before);
  });

  describe("on a chain that takes its time", () => {
    const sell = ["swap", "--in", "10", "--from", "ORION", "--to", "CU", "--slippage", "0.1%", ...MINE];
    const pending = async (nonce: number): Promise<void> => {
      const { provider } = net.engineer.chain;
      while ((await provider.getTransactionCount(net.engineer.sender.address, "pending")) === nonce) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const call = (method: string, ...params: unknown[]): Promise<unknown> =>
      rpc(net.devnet.network.rpcUrl, method, params);
    beforeEach(() => call("evm_setAutomine", false));
    afterEach(() => call("evm_setAutomine", true));

    it("nothing happens after the deadline", async () => {
      const before = await net.balances();
      const running = net.run(...sell, "--deadline", "1m");
      await pending(before.nonce);
      await call("evm_increaseTime", 61);
      await call("evm_mine");
      expectRefused(await running, 1, "Expired", "--deadline");
      expect(await net.balances()).to.deep.equal({ ...before, nonce: before.nonce + 1 });
    });

    it("an interrupted command ends, says so, and is not repeated before somebody was told what became of it", async () => {
      const before = await net.balances();
      const child = spawn(process.execPath, [path.join(ROOT, "cli/bin/orion.mjs"), "dex", ...sell, "--json"], {
        cwd: net.folder,
        env: environment({ cwd: net.folder }),
        stdio: ["ignore", "pipe", "pipe"],
      });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (part: string) => (said += part));
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      await pending(before.nonce);
      child.kill("SIGINT");
      // The outcome is not known, as nothing is mined yet.
      expect(await ended).to.equal(3);
      expect(JSON.parse(said)).to.have.nested.property("error.code", "ABORTED");
      expect(JSON.parse(said)).to.have.nested.property("error.transaction.nonce", before.nonce);
      await call("evm_mine");
      const once = await net.balances();
      expect(once).to.include({ orion: before.orion - 10n * ORION, nonce: before.nonce + 1 });
      await call("evm_setAutomine", true);
      const repeated = await net.run(...sell, "--json");
      expect(repeated.code).to.equal(3);
      expect(JSON.parse(repeated.stderr)).to.have.nested.property("error.code", "ALREADY_SENT");
      expect(await net.balances()).to.include({ orion: once.orion, nonce: once.nonce });
      await net.json(...sell);
      expect((await net.balances()).orion).to.equal(once.orion - 10n * ORION);
    });
  });
});
