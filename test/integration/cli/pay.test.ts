import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import {
  ContractFactory,
  MaxUint256,
  parseEther,
  type BaseContract,
  type ContractTransactionResponse,
  type Wallet,
} from "ethers";

import { connectChain, poolKeyOf, type Chain, type NetworkFile } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";

import { devWallets, type DevWallets } from "../../../cli/devnet/accounts.ts";
import { tinyImages } from "../../support/network/tiny-job.ts";
import { orion, ROOT, type Ran } from "./orion.ts";
import { start, type Running } from "./running.ts";
import { writeTinyFiles } from "./tiny-files.ts";

interface Purchase {
  readonly amountIn: string;
  readonly maxIn: string;
  readonly price: string;
  readonly spot: string;
  readonly limit: string;
  readonly limitFrom: string;
  readonly fees: string;
  readonly route: { readonly hops: readonly object[] };
}

/** Some work, so that a purchase is large enough to move a price. */
const PRICE = "0.5";
const SHARDS = 8n;
const ESCROW = (SHARDS * CREDIT) / 2n;

describe("orion job post --pay", function () {
  this.timeout(120_000);
  let folder: string;
  let devnet: Running;
  let network: NetworkFile;
  let chain: Chain;
  let wallets: DevWallets;
  let engineer: string;

  const run = (args: readonly string[]): Promise<Ran> => orion(args, { cwd: folder });
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const ran = await run([...args, "--json"]);
    expect(ran.stderr, args.join(" ")).to.equal("");
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const post = ["job", "post", "model.ortp", "--weights", "weights", "--input", "images.npy"];
  const priced = [...post, "--price", PRICE, "--account", "engineer"];
  const paying = [...priced, "--pay", "orion"];
  const purchaseOf = (result: Record<string, unknown>): Purchase => result.purchase as Purchase;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-pay-"));
    devnet = start(["devnet", "--port", "0", "--ipfs-port", "0"], folder);
    ({ network } = (await devnet.until((event) => "network" in event)) as unknown as { network: NetworkFile });
    chain = await connectChain(network);
    wallets = await devWallets(path.join(folder, ".orion"));
    engineer = wallets.engineer.address;
    await writeTinyFiles(folder, tinyImages(15));
  });
  after(async () => {
    chain.close();
    await devnet.stop("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  });

  it("shows price, impact, fees, means, dollars and limit, and signs nothing, with --dry-run", async () => {
    const nonce = await chain.provider.getTransactionCount(engineer);
    const { stdout, code } = await run([...paying, "--dry-run"]);
    expect(code).to.equal(0);
    for (const line of [
      /^cost +≈ 4\.0\d+ ORION, ≈ 2\.0\d USD$/m,
      /^cost per CU +≈ 1\.00\d+ ORION per CU \(1 ORION per CU without fees and impact\)$/m,
      /^route +ORION to CU through a pool of 0\.30% fee$/m,
      /^price impact +0\.40%$/m,
      /^fees +≈ 0\.012\d+ ORION \(0\.30%\)$/m,
      /^mean price +(≈ )?1(\.0\d*)? in the last hour, (≈ )?1(\.0\d*)? in 7 days/m,
      /^limit +\S* ?1\.05 ORION per CU: the mean of the last hour and 5%/m,
    ]) {
      expect(stdout).to.match(line);
    }
    expect(await chain.provider.getTransactionCount(engineer)).to.equal(nonce);
  });

  it("buys and posts in one transaction, for what was shown, and leaves nothing behind", async () => {
    const { orion: token, credits, market } = chain.contracts;
    const held = async (): Promise<bigint[]> => Promise.all([token.balanceOf(engineer), credits.balanceOf(engineer)]);
    const [orionBefore = 0n, creditsBefore = 0n] = await held();
    const nonce = await chain.provider.getTransactionCount(engineer);
    const shown = purchaseOf(await json(...paying, "--dry-run"));
    const posted = await json(...paying);
    expect(await chain.provider.getTransactionCount(engineer)).to.equal(nonce + 1);
    expect(posted.paid).to.equal(shown.amountIn);
    const [orionAfter = 0n, creditsAfter = 0n] = await held();
    expect(orionBefore - orionAfter).to.equal(BigInt(shown.amountIn));
    expect(creditsAfter).to.equal(creditsBefore);
    expect((await market.job(posted.jobId as string)).remainingEscrow).to.equal(ESCROW);
    for (const each of [token, credits]) expect(await each.balanceOf(network.addresses.buyAndPost)).to.equal(0n);
    expect(await json("job", "status", posted.jobId as string)).to.deep.include({ poster: engineer });
  });

  it("asks the same transaction for less once the permit's allowance is there", async () => {
    expect(await chain.contracts.orion.allowance(engineer, network.addresses.buyAndPost)).to.be.greaterThan(0n);
    const nonce = await chain.provider.getTransactionCount(engineer);
    const posted = await json("job", "post", "model.ortp", ...post.slice(3), "--account", "engineer", "--pay", "orion");
    const receipt = await chain.provider.getTransaction(posted.transaction as string);
    expect(receipt?.data.slice(0, 10)).to.equal(
      chain.contracts.buyAndPost.interface.getFunction("buyAndPost").selector,
    );
    expect(await chain.provider.getTransactionCount(engineer)).to.equal(nonce + 1);
  });

  it("keeps to the price that was given", async () => {
    const low = await run([...paying, "--max-price", "0.9"]);
    expect(low.code).to.equal(2);
    expect(low.stderr).to.match(
      /error: the escrow costs .* now, at most 0\.9 ORION per CU are to be paid\nhint: raise/,
    );
    const shown = await run([...paying, "--max-price", "0.9", "--dry-run"]);
    expect(shown.stdout).to.match(/^refused +the cost is above the limit$/m);
    const high = purchaseOf(await json(...paying, "--max-price", "2"));
    expect(high).to.include({
      limitFrom: "given",
      limit: String(parseEther("2")),
      maxIn: String(2n * 4n * 10n ** 18n),
    });
  });

  it("refuses more than the mean of the last hour and a twentieth unless told", async () => {
    // Half of the pool: the price doubles.
    const large = [...post, "--price", "60", "--account", "engineer", "--pay", "orion"];
    const ran = await run(large);
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.include("now, at most");
  });

  it("says so when no pool gives so much, or the account holds too little", async () => {
    const none = await run([...post, "--price", "500", "--account", "engineer", "--pay", "orion"]);
    expect(none.code).to.equal(2);
    expect(none.stderr).to.include("no pools give 4,000 CU for ORION");
    const poor = await run([...post, "--price", PRICE, "--account", "aggregator", "--pay", "orion"]);
    expect(poor.code).to.equal(2);
    expect(poor.stderr).to.match(/error: \S+ holds 0 ORION, 4\.\d+ ORION are needed\nhint: get more ORION/);
  });

  it("refuses flags that make no sense", async () => {
    const cases: readonly (readonly [args: string[], message: string])[] = [
      [[...priced, "--max-price", "1"], "--max-price and --deadline are for a purchase"],
      [[...paying, "--approve-once"], "--approve-once is for the CU"],
      [[...priced, "--pay", "gold"], "Give `mint`, `orion`, or the address of a token."],
      [[...priced, "--pay", network.addresses.credits], "CU need not be bought with CU"],
      [[...priced, "--pay", engineer], "there is no token at"],
      [[...paying, "--max-price", "0"], "Give a positive amount"],
      [[...paying, "--max-price", "1.0000000000000000001"], "18 decimals at most"],
    ];
    for (const [args, message] of cases) {
      const ran = await run(args);
      expect(ran.stderr, args.join(" ")).to.include(message);
      expect(ran.code).to.equal(2);
    }
  });

  describe("with a token of strangers", () => {
    /** Twice the ORION that it is worth. */
    const POOLED = parseEther("10000");

    /** A new token of the engineer's, with a pool of its own at two for one ORION. */
    const tokenOf = async (mock: "BareToken" | "PlainToken", ...args: unknown[]): Promise<string> => {
      const token = await deploy(wallets.engineer, mock, args);
      const { dex, orion: own } = chain.contracts;
      const owner = wallets.engineer.connect(chain.provider);
      if (mock === "PlainToken") {
        await wait(
          token
            .connect(owner)
            .getFunction("mint")
            .send(engineer, 2n * POOLED),
        );
      }
      const spender = network.addresses.dex;
      await wait(token.connect(owner).getFunction("approve").send(spender, POOLED));
      await wait(own.connect(owner).approve(spender, POOLED / 2n));
      const address = await token.getAddress();
      const key = poolKeyOf(address, network.addresses.orion, 100);
      const amounts = key.token0 === address ? [POOLED, POOLED / 2n] : [POOLED / 2n, POOLED];
      const [maxAmount0 = 0n, maxAmount1 = 0n] = amounts;
      const add = { key, maxAmount0, maxAmount1, minShares: 1n, to: engineer, deadline: MaxUint256 };
      await wait(dex.connect(owner).addLiquidity(add));
      return address;
    };
    const deploy = async (wallet: Wallet, mock: string, args: unknown[]): Promise<BaseContract> => {
      const file = path.join(ROOT, `artifacts/contracts/mocks/${mock}.sol/${mock}.json`);
      const artifact = JSON.parse(await readFile(file, "utf8")) as { abi: []; bytecode: string };
      const factory = new ContractFactory(artifact.abi, artifact.bytecode, wallet.connect(chain.provider));
      return (await factory.deploy(...args)).waitForDeployment();
    };
    const wait = async (sent: Promise<ContractTransactionResponse>): Promise<unknown> => (await sent).wait();
    const payWith = (token: string): string[] => [...priced, "--pay", token];
    const transactions = (): Promise<number> => chain.provider.getTransactionCount(engineer);

    it("goes through ORION, with a permit", async () => {
      const token = await tokenOf("PlainToken", 18);
      const nonce = await transactions();
      const posted = await json(...payWith(token));
      expect(await transactions()).to.equal(nonce + 1);
      const { route, limitFrom } = purchaseOf(posted);
      expect(limitFrom).to.equal("spot");
      expect(route.hops).to.deep.equal([
        { tokenOut: network.addresses.orion, fee: 100 },
        { tokenOut: network.addresses.credits, fee: 30 },
      ]);
      // Two for one ORION, about one ORION for one CU, fees of 1% and 0.3%.
      expect(Number(posted.paid) / 1e18).to.be.within(8, 8.4);
    });

    it("is approved before where it has no permit, for no more than the limit", async () => {
      const token = await tokenOf("BareToken", "BARE");
      const nonce = await transactions();
      const posted = await json(...payWith(token));
      expect(await transactions()).to.equal(nonce + 2);
      const { maxIn } = purchaseOf(posted);
      const left = await (chain.contracts.orion.attach(token) as typeof chain.contracts.orion).allowance(
        engineer,
        network.addresses.buyAndPost,
      );
      expect(left).to.equal(BigInt(maxIn) - BigInt(posted.paid as string));
    });

    it("can neither pose as ORION nor write to the terminal as it likes", async () => {
      const posing = await tokenOf("BareToken", "orion");
      expect((await run([...payWith(posing), "--dry-run"])).stdout).to.include(`orion(${posing}) to CU`);
      const hostile = await tokenOf("BareToken", "\x1b[2J\u202eX");
      const shown = await run([...payWith(hostile), "--dry-run"]);
      expect(shown.code).to.equal(0);
      expect(shown.stdout)
        .to.include(`[2J X(${hostile}) to CU`)
        .and.not.match(/(?!\n)\p{Cc}|\p{Cf}/u);
    });
  });
});
