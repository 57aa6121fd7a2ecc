import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { ContractFactory, type BaseContract } from "ethers";
import { expect } from "chai";

import { connect, startDevnet, withSigner, type Devnet, type SigningClient } from "@orion/cli";

import { orion, ROOT, type Ran } from "./orion.ts";

export type Json = Record<string, unknown>;

/** Flags of a command that the engineer signs. */
export const MINE = ["--account", "engineer"] as const;

/** A local network, and the `orion dex` commands run on it as users run them. */
export interface DexNetwork {
  readonly folder: string;
  readonly devnet: Devnet;
  readonly engineer: SigningClient;
  readonly treasury: SigningClient;
  run(...args: string[]): Promise<Ran>;
  /** What a command that must succeed prints with `--json`. */
  json(...args: string[]): Promise<Json>;
  /** The engineer's. */
  balances(): Promise<{ orion: bigint; credits: bigint; nonce: number }>;
  /** Deploys a contract of contracts/mocks. */
  deploy(name: string, ...args: unknown[]): Promise<BaseContract>;
  stop(): Promise<void>;
}

export async function startDexNetwork(): Promise<DexNetwork> {
  const folder = await mkdtemp(path.join(tmpdir(), "orion-dex-"));
  const devnet = await startDevnet({ dataDir: path.join(folder, ".orion"), port: 0, ipfsPort: 0 });
  const engineer = withSigner(await connect(devnet.network), devnet.wallets.engineer);
  const treasury = withSigner(await connect(devnet.network), devnet.wallets.treasury);
  const run: DexNetwork["run"] = (...args) => orion(["dex", ...args], { cwd: folder });
  return {
    folder,
    devnet,
    engineer,
    treasury,
    run,
    async json(...args) {
      const ran = await run(...args, "--json");
      expect(ran.stderr, args.join(" ")).to.equal("");
      expect(ran.code).to.equal(0);
      return JSON.parse(ran.stdout) as Json;
    },
    balances: () => balancesOf(engineer),
    deploy: (name, ...args) => deploy(treasury, name, args),
    async stop() {
      engineer.chain.close();
      treasury.chain.close();
      await devnet.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The command printed nothing but a failure of one line and what to do about it, after what it may have shown of its plan. */
export function expectRefused(ran: Ran, code: number, message: string, hint = ""): void {
  const [error = "", advice = ""] = ran.stderr.trimEnd().split("\n").slice(-2);
  expect(error)
    .to.match(/^error: /)
    .and.include(message);
  expect(advice)
    .to.match(/^hint: /)
    .and.include(hint);
  expect(ran).to.include({ code, stdout: "" });
}

async function balancesOf({
  chain,
  sender,
}: SigningClient): Promise<{ orion: bigint; credits: bigint; nonce: number }> {
  const [held, credits, nonce] = await Promise.all([
    chain.contracts.orion.balanceOf(sender.address),
    chain.contracts.credits.balanceOf(sender.address),
    chain.provider.getTransactionCount(sender.address),
  ]);
  return { orion: held, credits, nonce };
}

async function deploy({ wallet, chain }: SigningClient, name: string, args: unknown[]): Promise<BaseContract> {
  const file = path.join(ROOT, `artifacts/contracts/mocks/${name}.sol/${name}.json`);
  const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as { abi: string[]; bytecode: string };
  const made = await new ContractFactory(abi, bytecode, wallet.connect(chain.provider)).deploy(...args);
  await made.waitForDeployment();
  return made;
}
