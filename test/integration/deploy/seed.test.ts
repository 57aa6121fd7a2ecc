import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";

import { deployOrion, loadParameters, seedPool, type DeployOptions } from "@orion/deploy";
import { contractsAt, readNetworkFile, type NetworkFile } from "@orion/protocol/chain";

import { ROOT, startHardhatNode, type ChainProcess } from "./chain-process.ts";

/** First accounts of the development nodes' published mnemonic. */
const DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const STRANGER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const TREASURY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

describe("The CU/ORION pool's first deposit", function () {
  this.timeout(120_000);
  let chain: ChainProcess;
  let provider: JsonRpcProvider;
  let folder: string;

  const deployTo = (more: Partial<DeployOptions> = {}): Promise<NetworkFile> =>
    deployOrion({ rpcUrl: chain.url, privateKey: DEPLOYER_KEY, parameters: "local", ...more });

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-seed-"));
    chain = await startHardhatNode();
    provider = new JsonRpcProvider(chain.url, undefined, { cacheTimeout: -1 });
  });
  after(async () => {
    provider.destroy();
    await chain.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("seeds the canonical pool with the treasury's ORION and CU of a position at the floor", async () => {
    const { Orion } = await loadParameters("local");
    const made = contractsAt(await deployTo(), provider);
    const reserves = await made.dex.reservesOf(await made.credits.POOL());
    expect([reserves[0], reserves[1]]).to.have.members([Orion.seedOrion, Orion.seedCredits]);
    expect(await made.credits.totalSupply()).to.equal(Orion.seedCredits);
    expect((await made.credits.position(1n)).owner).to.equal(DEPLOYER);
  });

  /** A stranger with a little ORION from `from`, who makes the pool with next to nothing, a hundred times too dear, when the answer is called. */
  const prepareStranger = async (network: NetworkFile, from: string): Promise<() => Promise<void>> => {
    const stranger = await provider.getSigner(STRANGER);
    const { orion, credits, dex } = contractsAt(network, provider);
    await (await orion.connect(await provider.getSigner(from)).transfer(STRANGER, 10n ** 18n)).wait();
    for (const spender of [credits, dex]) await (await orion.connect(stranger).approve(spender, 10n ** 18n)).wait();
    await (await credits.connect(stranger).mint(10n ** 9n, 86_400, 10n ** 18n, STRANGER)).wait();
    await (await credits.connect(stranger).approve(dex, 10n ** 9n)).wait();
    const creditsFirst = BigInt(network.addresses.credits) < BigInt(network.addresses.orion);
    const tokens = [network.addresses.credits, network.addresses.orion];
    const [token0 = "", token1 = ""] = creditsFirst ? tokens : tokens.toReversed();
    const amounts = [10n ** 9n, 10n ** 17n];
    const [maxAmount0 = 0n, maxAmount1 = 0n] = creditsFirst ? amounts : amounts.toReversed();
    const add = { key: { token0, token1, fee: 30n }, maxAmount0, maxAmount1, minShares: 1n, to: STRANGER };
    return async () => {
      await (await dex.connect(stranger).addLiquidity({ ...add, deadline: 2n ** 40n })).wait();
    };
  };

  it("says when the treasury has yet to make the pool, and when somebody else was faster", async () => {
    const outcomes: string[] = [];
    const onSeeded = (outcome: string): void => void outcomes.push(outcome);
    const network = await deployTo({ treasury: TREASURY, onSeeded });
    await deployTo({ onSeeded });
    const { Orion } = await loadParameters("local");
    const makePool = await prepareStranger(network, TREASURY);
    await makePool();
    outcomes.push(await seedPool(network, DEPLOYER_KEY, Orion));
    expect(outcomes).to.deep.equal(["unfunded", "made", "thin"]);
  });

  it("has the amounts of the parameters that the network was deployed with, when the command makes it later", async () => {
    const networkFile = path.join(folder, "public.json");
    const { addresses } = await deployTo({ parameters: "testnet", treasury: TREASURY, networkFile });
    const treasury = await provider.getSigner(TREASURY);
    const { orion, dex, credits } = contractsAt(await readNetworkFile(networkFile), provider);
    await (await orion.connect(treasury).transfer(DEPLOYER, await orion.balanceOf(TREASURY))).wait();
    const command = [path.join(ROOT, "deploy/run.ts"), "--seed-only", networkFile];
    const env = { ...process.env, ORION_PRIVATE_KEY: DEPLOYER_KEY };
    await promisify(execFile)(process.execPath, command, { cwd: ROOT, env });
    const { Orion } = await loadParameters("testnet");
    const reserves = await dex.reservesOf(await credits.POOL());
    const seed = [Orion.seedCredits, Orion.seedOrion];
    expect([reserves[0], reserves[1]]).to.deep.equal(
      BigInt(addresses.credits) < BigInt(addresses.orion) ? seed : seed.toReversed(),
    );
  });

  it("puts nothing into a pool that somebody makes at another price while the seed is on its way", async () => {
    const network = await deployTo({ treasury: TREASURY });
    const { orion, credits, dex } = contractsAt(network, provider);
    const makePool = await prepareStranger(network, TREASURY);
    const treasury = await provider.getSigner(TREASURY);
    const { Orion } = await loadParameters("local");
    await (await orion.connect(treasury).transfer(DEPLOYER, 10n * Orion.seedOrion)).wait();
    let racing: Promise<void> | undefined;
    const outcome = await seedPool(network, DEPLOYER_KEY, Orion, () => void (racing ??= makePool()));
    await racing;
    expect(outcome).to.equal("thin");
    const { reserve0, reserve1 } = await dex.reservesOf(await credits.POOL());
    expect([reserve0, reserve1]).to.have.members([10n ** 9n, 10n ** 17n]);
    expect(await dex.balanceOf(DEPLOYER, await credits.POOL())).to.equal(0n);
    expect(await credits.balanceOf(DEPLOYER)).to.equal(Orion.seedCredits);
  });
});
