import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, Wallet, ZeroAddress, parseEther, toQuantity } from "ethers";

import {
  DeploymentError,
  deployOrion,
  loadParameters,
  type DeployOptions,
  type DeployProgress,
  type Parameters,
} from "@orion/deploy";
import { ConfigurationError, CREDIT, UnavailableError } from "@orion/protocol/common";
import { contractsAt, deployedAt, readNetworkFile, type Contracts, type NetworkFile } from "@orion/protocol/chain";

import { anvilPath, startAnvil, startHardhatNode, type ChainProcess } from "./chain-process.ts";

/** First account of the development nodes' published mnemonic. */
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/** One for each contract, one that names the credits and one that names the market; the governor makes its own timelock, which makes the guardian's contract. */
const TRANSACTIONS = 15;
/** An approval for the credits, and the call that opens them. */
const SEED_TRANSACTIONS = 2;
/** Enough for some of the contracts, too little for all of them. */
const GAS_OF_A_PART = 9_000_000n;
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const TREASURY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

describe("deployOrion", function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-deploy-"));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  describe("over the JSON-RPC of Hardhat's node", () => {
    let chain: ChainProcess;
    let provider: JsonRpcProvider;
    let network: NetworkFile;
    let contracts: Contracts;
    const progress: DeployProgress[] = [];

    const deployTo = (more: Partial<DeployOptions> = {}): Promise<NetworkFile> =>
      deployOrion({ rpcUrl: chain.url, privateKey: DEPLOYER_KEY, parameters: "local", ...more });

    before(async () => {
      chain = await startHardhatNode();
      const networkFile = path.join(folder, "nested/local.json");
      await deployTo({ owner: OWNER, treasury: TREASURY, networkFile, onProgress: (step) => progress.push(step) });
      network = await readNetworkFile(networkFile);
      provider = new JsonRpcProvider(chain.url, undefined, { cacheTimeout: -1 });
      contracts = contractsAt(network, provider);
    });
    after(async () => {
      provider.destroy();
      await chain.stop();
    });

    it("links every contract to the right ones, for ever", async () => {
      const { addresses } = network;
      expect(await contracts.registry.ORION()).to.equal(addresses.orion);
      expect(await contracts.credits.ORION()).to.equal(addresses.orion);
      expect(await contracts.market.CREDITS()).to.equal(addresses.credits);
      expect(await contracts.market.REGISTRY()).to.equal(addresses.registry);
      expect(await contracts.market.DISPUTES()).to.equal(addresses.disputes);
      expect(await contracts.market.RESERVES()).to.equal(addresses.reserves);
      expect(await contracts.reserves.MARKET()).to.equal(addresses.market);
      expect(await contracts.reserves.DISPUTES()).to.equal(addresses.disputes);
      expect(await contracts.reserves.REGISTRY()).to.equal(addresses.registry);
      expect(await contracts.upkeep.MARKET()).to.equal(addresses.market);
      expect(await contracts.credits.DEX()).to.equal(addresses.dex);
      expect(await contracts.mining.SHARES()).to.equal(addresses.dex);
      expect(await contracts.buyAndPost.MARKET()).to.equal(addresses.market);
      expect(await contracts.governor.token()).to.equal(addresses.orion);
      expect(await contracts.governor.timelock()).to.equal(addresses.timelock);
      expect(await contracts.governor.REGISTRY()).to.equal(addresses.registry);
      expect(await contracts.governor.credits()).to.equal(addresses.credits);
      expect(await contracts.credits.market()).to.equal(addresses.market);
      expect(await contracts.timelock.GUARDIAN()).to.equal(addresses.guardian);
      expect(await contracts.guardian.TIMELOCK()).to.equal(addresses.timelock);
      expect(await contracts.guardian.guardian()).to.equal(ZeroAddress);
      expect(await contracts.usdPrices?.CREDITS()).to.equal(addresses.credits);
      expect(await provider.getCode(await contracts.disputes.VM())).to.not.equal("0x");
    });

    it("gives fourteen contracts fourteen addresses", () => {
      expect(new Set(deployedAt(network).map(([, address]) => address)).size).to.equal(14);
    });

    it("sets the profiles of the parameters, in words that keep every field", async () => {
      const { Orion } = await loadParameters("local");
      for (const [index, wanted] of [Orion.fast, Orion.standard, Orion.long, Orion.rollup].entries()) {
        const profile = await contracts.disputes.profile(index);
        expect([...profile].map(Number)).to.deep.equal(Object.values(wanted));
        expect([...(await contracts.disputes.profileWords(index))]).to.deep.equal(packed(wanted));
      }
    });

    it("names the owner, who is not the deployer", async () => {
      for (const owned of [contracts.market, contracts.credits, contracts.dex, contracts.mining]) {
        expect(await owned.owner()).to.equal(OWNER);
        expect(await owned.pendingOwner()).to.equal(ZeroAddress);
      }
    });

    it("puts the whole supply of ORION into the treasury, and no credits anywhere", async () => {
      expect(await contracts.orion.balanceOf(TREASURY)).to.equal(await contracts.orion.totalSupply());
      expect(await contracts.orion.balanceOf(DEPLOYER)).to.equal(0n);
      expect(await contracts.credits.totalSupply()).to.equal(0n);
    });

    it("sets the bounds of the parameters", async () => {
      const { Orion } = await loadParameters("local");
      expect([...(await contracts.market.collateralBounds())]).to.deep.equal([
        Orion.lowestCollateral,
        Orion.highestCollateral,
        Orion.claimCollateral,
      ]);
      expect(await contracts.credits.collateralPerCredit()).to.equal(Orion.creditsFloor);
      expect([...(await contracts.credits.parameters())]).to.deep.equal([
        Orion.creditsFloor,
        Orion.creditsCap,
        Orion.creditsBootstrapCap,
        Orion.creditsMinDepth,
      ]);
    });

    it("writes the block of the first contract", async () => {
      const codesAt = (block: number): Promise<string[]> =>
        Promise.all(deployedAt(network).map(([, address]) => provider.getCode(address, block)));
      expect(new Set(await codesAt(network.deployBlock - 1))).to.deep.equal(new Set(["0x"]));
      expect(new Set(await codesAt(network.deployBlock)).size).to.equal(2);
    });

    it("reports each contract as it is deployed", () => {
      const deployed = progress.filter(({ step }) => step === "deployed");
      expect(deployed.map(({ contract }) => contract)).to.have.members([
        "OrionToken",
        "TensorVM",
        "ProviderRegistry",
        "ComputeCredits",
        "DisputeManager",
        "JobMarket",
        "MarketUpkeep",
        "OrionGovernor",
        "DePinDex",
        "LiquidityMining",
        "BuyAndPost",
        "LocalFeed",
        "UsdPrices",
      ]);
      const made = new Set(["timelock", "guardian", "reserves"]);
      const addresses = deployedAt(network).flatMap(([name, address]) => (made.has(name) ? [] : [address]));
      expect(deployed.map(({ detail }) => detail)).to.include.members(addresses);
    });

    it("makes a new network each time on a chain that forgets", async () => {
      const second = await deployTo();
      expect(second.addresses.market).to.not.equal(network.addresses.market);
      const again = contractsAt(second, provider);
      expect(await again.market.owner()).to.equal(second.addresses.timelock);
      const { Orion } = await loadParameters("local");
      // In the pool, and in the lock of the treasury's position; its fee has burned.
      const lock = (Orion.seedCredits * Orion.creditsFloor) / CREDIT;
      expect(await again.orion.balanceOf(DEPLOYER)).to.equal(
        (await again.orion.totalSupply()) - Orion.seedOrion - lock,
      );
      expect(await again.orion.totalSupply()).to.equal(10n ** 27n - (lock * 25n) / 10_000n);
    });

    it("resumes from its journal: a second run sends nothing and finds the same network", async () => {
      const deploymentDir = path.join(folder, "journal");
      const first = await deployTo({ deploymentDir });
      const before = await provider.getTransactionCount(DEPLOYER);
      const second = await deployTo({ deploymentDir });
      expect(second).to.deep.equal(first);
      expect(await provider.getTransactionCount(DEPLOYER)).to.equal(before);
    });

    it("finishes a deployment that ran out of money half way", async () => {
      const deploymentDir = path.join(folder, "interrupted");
      const poor = Wallet.createRandom().connect(provider);
      const run = (): Promise<NetworkFile> => deployTo({ deploymentDir, privateKey: poor.privateKey });
      const { gasPrice } = await provider.getFeeData();
      await provider.send("hardhat_setBalance", [poor.address, toQuantity(GAS_OF_A_PART * (gasPrice ?? 0n))]);
      const failure = await run().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(DeploymentError);
      const sent = await provider.getTransactionCount(poor.address);
      expect(sent).to.be.within(1, TRANSACTIONS - 1);
      await provider.send("hardhat_setBalance", [poor.address, toQuantity(parseEther("1"))]);
      const complete = await run();
      expect(await provider.getTransactionCount(poor.address)).to.equal(TRANSACTIONS + SEED_TRANSACTIONS);
      expect(await contractsAt(complete, provider).upkeep.MARKET()).to.equal(complete.addresses.market);
    });

    it("says which contract refused its parameters, and goes on once they are mended", async () => {
      const deploymentDir = path.join(folder, "refused");
      const { Orion } = await loadParameters("local");
      const before = await provider.getTransactionCount(DEPLOYER);
      const broken = { Orion: { ...Orion, fast: { ...Orion.fast, burnBps: 2_499 } } };
      const failure = await deployTo({ deploymentDir, parameters: broken }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(DeploymentError);
      expect(failure).to.have.property("message").that.includes("DisputeManager").and.includes("ProfileOutOfBounds");
      await deployTo({ deploymentDir });
      expect(await provider.getTransactionCount(DEPLOYER)).to.equal(before + TRANSACTIONS + SEED_TRANSACTIONS);
    });
  });

  describe("over another node", () => {
    const binary = anvilPath();
    const CHAIN_ID = 77_001;

    it("deploys to anvil, a chain with blocks of its own pace, and leaves a journal", async function () {
      if (binary === undefined) this.skip();
      const chain = await startAnvil(binary, CHAIN_ID);
      try {
        const options = { rpcUrl: chain.url, privateKey: DEPLOYER_KEY, parameters: "testnet" } as const;
        const deploymentDir = path.join(folder, "anvil");
        const network = await deployOrion({ ...options, deploymentDir });
        expect(network).to.include({ name: "testnet", chainId: CHAIN_ID });
        expect(await deployOrion({ ...options, deploymentDir })).to.deep.equal(network);
        expect(await readFile(path.join(deploymentDir, "journal.jsonl"), "utf8")).to.include("Orion#JobMarket");
      } finally {
        await chain.stop();
      }
    });
  });

  describe("with wrong options", () => {
    const options: DeployOptions = { rpcUrl: "http://127.0.0.1:9", privateKey: DEPLOYER_KEY, parameters: "local" };
    const failureOf = (more: Partial<DeployOptions>): Promise<unknown> =>
      deployOrion({ ...options, ...more }).then(
        () => undefined,
        (error: unknown) => error,
      );

    it("says that no chain answers", async () => {
      const error = await failureOf({});
      expect(error).to.be.instanceOf(UnavailableError);
      expect(error).to.have.property("message", "no chain answers at 127.0.0.1:9");
    });

    it("refuses a malformed key without showing it", async () => {
      const error = await failureOf({ privateKey: "0x1234" });
      expect(error).to.be.instanceOf(ConfigurationError);
      expect(String(error)).to.not.include("1234");
    });

    it("refuses mainnet parameters without a treasury", async () => {
      expect(await failureOf({ parameters: "mainnet" })).to.be.instanceOf(ConfigurationError);
      expect(await failureOf({ parameters: "mainnet", owner: OWNER })).to.be.instanceOf(ConfigurationError);
    });

    it("names the parameter that is wrong", async () => {
      const { Orion } = await loadParameters("local");
      const error = await failureOf({ parameters: { Orion: { ...Orion, fast: { ...Orion.fast, burnBps: 10_001 } } } });
      expect(error).to.be.instanceOf(ConfigurationError);
      expect(error).to.have.property("message").that.includes("Orion.fast.burnBps");
    });
  });

  for (const name of ["local", "testnet", "mainnet"] as const) {
    it(`${name} parameters obey the bounds on profiles`, async () => {
      const { Orion } = await loadParameters(name);
      for (const profile of [Orion.fast, Orion.standard, Orion.long, Orion.rollup]) {
        expect(profile.expiryBps).to.be.within(1_000, 2_000);
        expect(profile.expiryBurnBps).to.be.at.least(5_000);
        expect(profile.finderBps).to.be.at.most(4_000);
        expect(profile.burnBps).to.be.at.least(2_500);
        expect(profile.leastWindow).to.be.at.most(profile.challengeWindow);
        expect(profile.sealAge).to.be.at.most(profile.descendPeriod);
      }
      expect(Orion.lowestCollateral < Orion.highestCollateral).to.equal(true);
    });
  }

  for (const name of ["testnet", "mainnet"] as const) {
    it(`${name} parameters have a profile that outlasts a sequencer which leaves somebody out for a day`, async () => {
      const { answerPeriod, descendPeriod, leastWindow } = (await loadParameters(name)).Orion.rollup;
      const [day, reaction] = [86_400, 6 * 3_600];
      for (const period of [answerPeriod, descendPeriod, leastWindow]) {
        expect(period).to.be.at.least(day + reaction);
      }
    });
  }

  for (const name of ["testnet", "mainnet"] as const) {
    it(`${name} parameters begin with a pool that stays deep when all credits that may exist without a price are sold into it`, async () => {
      const { seedOrion, seedCredits, creditsBootstrapCap, creditsMinDepth } = (await loadParameters(name)).Orion;
      expect(creditsBootstrapCap > seedCredits).to.equal(true);
      expect((seedOrion * seedCredits) / creditsBootstrapCap > creditsMinDepth).to.equal(true);
    });
  }
});

/** The layout of a profile's two words, written down a second time on purpose. */
function packed(profile: Parameters["Orion"]["fast"]): bigint[] {
  const clocks = { claimPeriod: 32, challengeWindow: 32, manifestPeriod: 32, answerPeriod: 32, descendPeriod: 32 };
  const ratios = { expiryBps: 16, expiryBurnBps: 16, finderBps: 16, burnBps: 16 };
  const traces = { sealAge: 32, kappa: 8, traceFloor: 32, traceWei: 64, leastWindow: 32 };
  return [{ ...clocks, ...ratios, answerGwei: 32 }, traces].map((widths) => {
    let [word, offset] = [0n, 0n];
    for (const [field, bits] of Object.entries(widths)) {
      word |= BigInt(profile[field as keyof typeof profile]) << offset;
      offset += BigInt(bits);
    }
    return word;
  });
}
