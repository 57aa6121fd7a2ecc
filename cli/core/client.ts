import type { Wallet } from "ethers";

import {
  connectChain,
  createMarketFollower,
  createSender,
  parseNetworkFile,
  readNetworkFile,
  type Chain,
  type MarketFollower,
  type NetworkFile,
  type Sender,
} from "@orion/protocol/chain";
import { silentLogger, systemClock, type Clock, type Logger } from "@orion/protocol/common";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore, type ContentStore } from "@orion/protocol/storage";
import type { Sha256 } from "@orion/protocol/tensor";

import { findAddress, findWallet, type KeyOptions } from "../keys/find-key.ts";
import type { Invocation } from "./command.ts";
import { homeFolder, networkPath } from "./home.ts";
import type { KeyFlags, NetworkFlags } from "./options.ts";

/** A connected network, for reading. */
export interface Client {
  readonly chain: Chain;
  readonly store: ContentStore;
  readonly follower: MarketFollower;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sha256: Sha256;
}

/** A connected network and an account that signs. */
export interface SigningClient extends Client {
  readonly wallet: Wallet;
  readonly sender: Sender;
  /** What the account has sent and had mined here, the newest hundred: services go on for years. */
  readonly transactions: readonly SentTransaction[];
}

export interface SentTransaction {
  /** Which step it was, e.g. "approve CU". */
  readonly label: string;
  readonly hash: string;
  readonly gas: bigint;
}

export interface ConnectOptions {
  readonly log?: Logger;
  readonly signal?: AbortSignal;
}

const KEPT_TRANSACTIONS = 100;

/** Blocks of a local chain come at once; there a receipt is looked for more often. */
const LOCAL_CHAIN_ID = 31_337;
const LOCAL_POLL_MS = 25;

/** @throws ConfigurationError, UnavailableError; the caller closes `chain` */
export async function connect(network: NetworkFile, options: ConnectOptions = {}): Promise<Client> {
  const store = createContentStore({ url: network.ipfsUrl });
  const chain = await connectChain(network);
  const follower = createMarketFollower({ chain });
  return { chain, store, follower, clock: systemClock, log: options.log ?? silentLogger, sha256: nativeSha256 };
}

/** Gives a client an account to sign with. */
export function withSigner(client: Client, wallet: Wallet, signal?: AbortSignal): SigningClient {
  const { chain, clock, log } = client;
  const transactions: SentTransaction[] = [];
  const sender = createSender({
    chain,
    wallet,
    clock,
    log,
    ...(signal === undefined ? {} : { signal }),
    ...(chain.network.chainId === LOCAL_CHAIN_ID ? { pollMs: LOCAL_POLL_MS } : {}),
  });
  return { ...client, wallet, sender: recorded(sender, transactions), transactions };
}

/** A sender that also notes what was mined. */
function recorded(sender: Sender, transactions: SentTransaction[]): Sender {
  return {
    address: sender.address,
    get lastBlock() {
      return sender.lastBlock;
    },
    async send(call) {
      const receipt = await sender.send(call);
      transactions.push({ label: call.label, hash: receipt.hash, gas: receipt.gasUsed });
      if (transactions.length > KEPT_TRANSACTIONS) transactions.shift();
      return receipt;
    },
  };
}

/** Runs `use` with the network that the flags name, and closes it. */
export async function withClient<T>(
  invocation: Invocation<NetworkFlags>,
  use: (client: Client) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const client = await connect(await networkOf(invocation), options);
  try {
    return await use(client);
  } finally {
    client.chain.close();
  }
}

/** As `withClient`, with the key that the flags name. The key is found first: a wrong one needs no network. */
export async function withSigningClient<T>(
  invocation: Invocation<NetworkFlags & KeyFlags>,
  use: (client: SigningClient) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  const wallet = await findWallet(keyOptionsOf(invocation));
  const { signal } = invocation.interrupts;
  return withClient(invocation, (client) => use(withSigner(client, wallet, signal)), { signal, ...options });
}

/** The account that a reading command speaks of: the argument, else the key that would sign. */
export async function accountOf(
  invocation: Invocation<NetworkFlags & KeyFlags>,
  given: string | undefined,
): Promise<string> {
  return given ?? findAddress(keyOptionsOf(invocation));
}

export async function networkOf({ flags, env, secrets }: Invocation<NetworkFlags>): Promise<NetworkFile> {
  const network = await readNetworkFile(networkPath(flags.network, env));
  for (const url of [network.rpcUrl, network.ipfsUrl, flags.rpc, flags.ipfs]) {
    if (url !== undefined) secrets.addUrl(url);
  }
  const changed = {
    ...network,
    ...(flags.rpc === undefined ? {} : { rpcUrl: flags.rpc }),
    ...(flags.ipfs === undefined ? {} : { ipfsUrl: flags.ipfs }),
  };
  return parseNetworkFile(JSON.stringify(changed), "the network");
}

export function keyOptionsOf(invocation: Invocation<NetworkFlags & KeyFlags>): KeyOptions {
  const { flags, env, secrets } = invocation;
  return { env, secrets, account: flags.account, file: flags.passwordFile, home: homeFolder(flags.network, env) };
}
