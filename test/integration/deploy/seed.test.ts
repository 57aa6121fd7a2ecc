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
const TREASURY_KEY = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

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

  it("says when the treasury has yet to make the pool, and makes it once", async () => {
    const outcomes: string[] = [];
    const onSeeded = (outcome: string): void => void outcomes.push(outcome);
    const network = await deployTo({ treasury: TREASURY, onSeeded });
    await deployTo({ onSeeded });
    const { Orion } = await loadParameters("local");
    // All the ORION in the world does not make the deployer the treasury.
    const treasury = await provider.getSigner(TREASURY);
    const { orion, credits } = contractsAt(network, provider);
    await (await orion.connect(treasury).transfer(DEPLOYER, 10n * Orion.seedOrion)).wait();
    outcomes.push(await seedPool(network, DEPLOYER_KEY, Orion));
    outcomes.push(await seedPool(network, TREASURY_KEY, Orion));
    outcomes.push(await seedPool(network, TREASURY_KEY, Orion));
    outcomes.push(await seedPool(network, DEPLOYER_KEY, Orion));
    expect(outcomes).to.deep.equal(["unfunded", "made", "unfunded", "made", "exists", "exists"]);
    expect(await credits.totalSupply()).to.equal(Orion.seedCredits);
  });

  it("says when the treasury does not hold what the pool takes", async () => {
    const network = await deployTo({ treasury: TREASURY });
    const { orion } = contractsAt(network, provider);
    const treasury = await provider.getSigner(TREASURY);
    const { Orion } = await loadParameters("local");
    const balance = await orion.balanceOf(TREASURY);
    await (await orion.connect(treasury).transfer(DEPLOYER, balance - Orion.seedOrion)).wait();
    expect(await seedPool(network, TREASURY_KEY, Orion)).to.equal("unfunded");
  });

  it("leaves nothing for anybody to mint, and so no pool to make, before the treasury comes", async () => {
    const network = await deployTo({ treasury: TREASURY });
    const stranger = await provider.getSigner(STRANGER);
    const { orion, credits } = contractsAt(network, provider);
    await (await orion.connect(await provider.getSigner(TREASURY)).transfer(STRANGER, 10n ** 21n)).wait();
    await (await orion.connect(stranger).approve(credits, 10n ** 21n)).wait();
    const minting = credits.connect(stranger).mint.staticCall(1n, 86_400, 10n ** 20n, STRANGER);
    const refusal = await minting.then(
      () => "nothing",
      (error: unknown) => (error as { revert?: { name?: string } }).revert?.name,
    );
    expect(refusal).to.equal("NotOpen");
    expect(await credits.totalSupply()).to.equal(0n);
  });

  it("has the amounts of the parameters that the network was deployed with, when the command makes it later", async () => {
    const networkFile = path.join(folder, "public.json");
    const { addresses } = await deployTo({ parameters: "testnet", treasury: TREASURY, networkFile });
    const { dex, credits } = contractsAt(await readNetworkFile(networkFile), provider);
    const command = [path.join(ROOT, "deploy/run.ts"), "--seed-only", networkFile];
    const env = { ...process.env, ORION_PRIVATE_KEY: TREASURY_KEY };
    await promisify(execFile)(process.execPath, command, { cwd: ROOT, env });
    const { Orion } = await loadParameters("testnet");
    const reserves = await dex.reservesOf(await credits.POOL());
    const seed = [Orion.seedCredits, Orion.seedOrion];
    expect([reserves[0], reserves[1]]).to.deep.equal(
      BigInt(addresses.credits) < BigInt(addresses.orion) ? seed : seed.toReversed(),
    );
  });
});
