import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { HDNodeWallet, Mnemonic } from "ethers";

import { deployOrion, loadParameters, type Parameters } from "@orion/deploy";
import {
  connectChain,
  createMarketFollower,
  createSender,
  type Chain,
  type MarketFollower,
  type NetworkFile,
  type Sender,
} from "@orion/protocol/chain";
import { CREDIT, silentLogger, systemClock } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore, startIpfsNode, type ContentStore, type IpfsNode } from "@orion/protocol/storage";

import { startHardhat, type ChainProcess } from "./chain-process.ts";

export const CU = CREDIT;
export const ORION = 10n ** 18n;
const MONTH_SECONDS = 30 * 86_400;

/** Indices of accounts of the development nodes' published mnemonic. */
export const ACCOUNTS = {
  deployer: 0,
  poster: 1,
  orchestrator: 2,
  aggregator: 3,
  upkeep: 4,
  stranger: 5,
  workers: 6,
} as const;

const MNEMONIC = Mnemonic.fromPhrase("test test test test test test test test test test test junk");

export function accountAt(index: number): HDNodeWallet {
  return HDNodeWallet.fromMnemonic(MNEMONIC, `m/44'/60'/0'/0/${String(index)}`);
}

/** A real chain with the contracts, a real IPFS node, and money. */
export interface TestNetwork {
  readonly chainProcess: ChainProcess;
  readonly chain: Chain;
  readonly network: NetworkFile;
  /** Where the network file lies. */
  readonly networkFile: string;
  readonly ipfs: IpfsNode;
  readonly store: ContentStore;
  readonly follower: MarketFollower;
  /** A folder that goes away with the network. */
  readonly dir: string;
  /** One sender per account, so that its transactions keep their order. */
  sender(account: number): Sender;
  /** What a service of this account gets when it runs in this process. */
  context(account: number): ServiceContext;
  /** Gives an account ORION, authorises the market and stakes it. */
  stake(account: number, amount: bigint): Promise<void>;
  /** Moves the chain's clock. */
  advance(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface TestNetworkOptions {
  /** Clocks of the fast profile, in seconds. */
  readonly fast?: Partial<Parameters["Orion"]["fast"]>;
  readonly startChain?: () => Promise<ChainProcess>;
  /** CU that the poster holds at the start. */
  readonly credits?: bigint;
}

/** Short windows, and a claim period that a slow machine does not miss. */
const FAST = { claimPeriod: 300, challengeWindow: 2, manifestPeriod: 300, leastWindow: 2 };

export async function startTestNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const dir = await mkdtemp(path.join(tmpdir(), "orion-test-"));
  const chainProcess = await (options.startChain ?? startHardhat)();
  const ipfs = await startIpfsNode({ dataDir: path.join(dir, "ipfs") });
  const { Orion } = await loadParameters("local");
  const network = await deployOrion({
    rpcUrl: chainProcess.url,
    ipfsUrl: ipfs.url,
    privateKey: accountAt(ACCOUNTS.deployer).privateKey,
    parameters: { Orion: { ...Orion, fast: { ...Orion.fast, ...FAST, ...options.fast } } },
    name: "test",
  });
  const networkFile = path.join(dir, "network.json");
  await writeFile(networkFile, JSON.stringify(network));
  const chain = await connectChain(network);
  const running = assemble({ dir, chainProcess, ipfs, network, networkFile, chain });
  await mintCredits(running, options.credits ?? 1_000n * CU);
  return running;
}

/**
 * The same network with a connection and accounts that know nothing of what was sent before, such as after the chain was set back; its `stop`
 * closes the connection only.
 */
export async function reopen(running: TestNetwork): Promise<TestNetwork> {
  const { dir, chainProcess, ipfs, network, networkFile } = running;
  const chain = await connectChain(network);
  const stop = (): Promise<void> => {
    chain.close();
    return Promise.resolve();
  };
  return { ...assemble({ dir, chainProcess, ipfs, network, networkFile, chain }), stop };
}

interface Pieces {
  readonly dir: string;
  readonly chainProcess: ChainProcess;
  readonly ipfs: IpfsNode;
  readonly network: NetworkFile;
  readonly networkFile: string;
  readonly chain: Chain;
}

function assemble(pieces: Pieces): TestNetwork {
  const { dir, chainProcess, ipfs, chain, network } = pieces;
  const store = createContentStore({ url: ipfs.url });
  const follower = createMarketFollower({ chain });
  const senders = new Map<number, Sender>();
  const sender = (account: number): Sender => {
    const known = senders.get(account);
    if (known !== undefined) return known;
    const made = createSender({ chain, wallet: accountAt(account), clock: systemClock, log: silentLogger, pollMs: 20 });
    senders.set(account, made);
    return made;
  };
  return {
    ...pieces,
    store,
    follower,
    sender,
    context: (account) => ({
      chain,
      store,
      sender: sender(account),
      follower: createMarketFollower({ chain }),
      clock: systemClock,
      log: silentLogger,
      sha256: nativeSha256,
    }),
    async stake(account, amount) {
      const { orion, registry } = chain.contracts;
      const { market } = network.addresses;
      const [treasury, provider] = [sender(ACCOUNTS.deployer), sender(account)];
      const to = { orion: network.addresses.orion, registry: network.addresses.registry };
      const transfer = orion.interface.encodeFunctionData("transfer", [provider.address, amount]);
      await treasury.send({ to: to.orion, data: transfer, label: "transfer" });
      const approve = orion.interface.encodeFunctionData("approve", [to.registry, amount]);
      await provider.send({ to: to.orion, data: approve, label: "approve" });
      const authorise = registry.interface.encodeFunctionData("authorise", [market, true]);
      await provider.send({ to: to.registry, data: authorise, label: "authorise" });
      const stake = registry.interface.encodeFunctionData("stake", [provider.address, market, amount]);
      await provider.send({ to: to.registry, data: stake, label: "stake" });
    },
    async advance(seconds) {
      await chainProcess.rpc("evm_increaseTime", [seconds]);
      await chainProcess.rpc("evm_mine");
    },
    async stop() {
      chain.close();
      await chainProcess.stop();
      await ipfs.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function mintCredits(running: TestNetwork, amount: bigint): Promise<void> {
  const { orion, credits } = running.chain.contracts;
  const { addresses } = running.network;
  const [treasury, poster] = [running.sender(ACCOUNTS.deployer), running.sender(ACCOUNTS.poster)];
  const { lock, fee } = await credits.quoteMint(amount, MONTH_SECONDS);
  // A hundredth more: its share of the hour's quota may have turned by then.
  const cost = lock + fee + lock / 100n;
  const approve = orion.interface.encodeFunctionData("approve", [addresses.credits, cost]);
  await treasury.send({ to: addresses.orion, data: approve, label: "approve" });
  const mint = credits.interface.encodeFunctionData("mint", [amount, MONTH_SECONDS, cost, poster.address]);
  await treasury.send({ to: addresses.credits, data: mint, label: "mint" });
  const allow = credits.interface.encodeFunctionData("approve", [addresses.market, amount]);
  await poster.send({ to: addresses.credits, data: allow, label: "approve" });
}
