import path from "node:path";

import { formatEther, type Wallet } from "ethers";

import {
  connectChain,
  createMarketFollower,
  createSender,
  fileJournal,
  inGwei,
  parseNetworkFile,
  readNetworkFile,
  rpcUrlsOf,
  type Chain,
  type CheckpointFile,
  type MarketFollower,
  type NetworkFile,
  type Sender,
  type SignedNotice,
} from "@orion/protocol/chain";
import { silentLogger, systemClock, type Clock, type Logger } from "@orion/protocol/common";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore, type ContentStore } from "@orion/protocol/storage";
import type { Sha256 } from "@orion/protocol/tensor";

import { indexUrlOf } from "../indexer/place.ts";
import { findAddress, findWallet, type KeyOptions } from "../keys/find-key.ts";
import { checkpointFile } from "./checkpoint-file.ts";
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
  /** Says something to people. */
  readonly tell: (line: string) => void;
  /** Whether an index of the network is known here. */
  readonly hasIndex: () => Promise<boolean>;
}

/** A connected network and an account that signs. */
export interface SigningClient extends Client {
  readonly wallet: Wallet;
  readonly sender: Sender;
  readonly notes?: (name: string) => CheckpointFile;
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
  /** Where the market's follower begins. */
  readonly checkpoint?: CheckpointFile;
  readonly tell?: Client["tell"];
  readonly hasIndex?: Client["hasIndex"];
}

/** How an account's transactions are sent. */
export interface SigningOptions {
  /** Folder in which signed transactions are noted until their outcome is known. */
  readonly journalDir?: string;
  /** Wei per gas. */
  readonly maxFee?: bigint;
  /** Where services note what they have read of the account's history. */
  readonly notes?: (name: string) => CheckpointFile;
  /** Is told in one line what each transaction is going to cost, and what it did cost. */
  readonly tell?: (line: string) => void;
}

const KEPT_TRANSACTIONS = 100;

/** Blocks of a local chain come at once; there a receipt is looked for more often. */
const LOCAL_CHAIN_ID = 31_337;
const LOCAL_POLL_MS = 25;

/** @throws ConfigurationError, UnavailableError; the caller closes `chain` */
export async function connect(network: NetworkFile, options: ConnectOptions = {}): Promise<Client> {
  const store = createContentStore({ url: network.ipfsUrl });
  const chain = await connectChain(network);
  const { log = silentLogger, checkpoint, tell = () => undefined, hasIndex = () => Promise.resolve(false) } = options;
  const follower = createMarketFollower({
    chain,
    // Services have a log; elsewhere warnings are said to people.
    log: options.log ?? { ...silentLogger, warn: (_fields, message) => tell(`warning: ${message}`) },
    ...(checkpoint === undefined ? {} : { checkpoint }),
  });
  return { chain, store, follower, clock: systemClock, log, sha256: nativeSha256, tell, hasIndex };
}

/** Gives a client an account to sign with. */
export function withSigner(
  client: Client,
  wallet: Wallet,
  signal?: AbortSignal,
  options: SigningOptions = {},
): SigningClient {
  const { chain, clock, log } = client;
  const { journalDir, maxFee, notes, tell } = options;
  const transactions: SentTransaction[] = [];
  const sender = createSender({
    chain,
    wallet,
    clock,
    log: tell === undefined ? log : { ...log, warn: (fields, message) => tellWarning(log, tell, fields, message) },
    ...(signal === undefined ? {} : { signal }),
    ...(journalDir === undefined ? {} : { journal: fileJournal(journalDir) }),
    ...(maxFee === undefined ? {} : { maxFeePerGas: maxFee }),
    ...(tell === undefined ? {} : { onSigned: (notice) => tell(expectedLine(notice)) }),
    ...(chain.network.chainId === LOCAL_CHAIN_ID ? { pollMs: LOCAL_POLL_MS } : {}),
  });
  const account = { wallet, sender: recorded(sender, transactions, tell), transactions };
  return { ...client, ...account, ...(notes === undefined ? {} : { notes }) };
}

/** What the sender has to say is said to people too: a transaction of an earlier command, a price that is cut. */
function tellWarning(
  log: Logger,
  tell: (line: string) => void,
  fields: Record<string, unknown>,
  message: string,
): void {
  const about = [fields.label, fields.hash].filter((field) => typeof field === "string").join(", ");
  tell(`warning: ${message}${about === "" ? "" : ` (${about})`}`);
  log.warn(fields, message);
}

function expectedLine({ label, gasEstimate, expectedCost, maxCost }: SignedNotice): string {
  return `${label}: about ${gasEstimate} gas, ${coin(expectedCost)} coin, ${coin(maxCost)} at most`;
}

/** Four significant digits. */
function coin(wei: bigint): string {
  const text = Number(formatEther(wei)).toPrecision(4);
  return text.includes("e") ? Number(text).toFixed(18).replace(/0+$/, "") : String(Number(text));
}

/** A sender that also notes what was mined. */
function recorded(sender: Sender, transactions: SentTransaction[], tell?: (line: string) => void): Sender {
  return {
    address: sender.address,
    get lastBlock() {
      return sender.lastBlock;
    },
    async send(call) {
      const receipt = await sender.send(call);
      const { hash, gasUsed, gasPrice } = receipt;
      transactions.push({ label: call.label, hash, gas: gasUsed });
      if (transactions.length > KEPT_TRANSACTIONS) transactions.shift();
      tell?.(`${call.label}: ${gasUsed} gas at ${inGwei(gasPrice)} gwei, ${coin(gasUsed * gasPrice)} coin`);
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
  const { flags, env, terminal } = invocation;
  const network = await networkOf(invocation);
  const client = await connect(network, {
    checkpoint: checkpointFile(homeFolder(flags.network, env), network),
    tell: (line) => terminal.note(line),
    hasIndex: async () => (await indexUrlOf(network, networkPath(flags.network, env))) !== undefined,
    ...options,
  });
  try {
    return await use(client);
  } finally {
    await client.follower.end();
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
  const { terminal, interrupts } = invocation;
  const { signal } = interrupts;
  // Services begin something new for ever, and end with their reader.
  if (options.log === undefined) interrupts.outlastReaders();
  const signing = {
    ...signingOptions(invocation, wallet),
    // Services tell it in their log.
    ...(options.log === undefined ? { tell: (line: string) => terminal.note(line) } : {}),
  };
  const home = homeFolder(invocation.flags.network, invocation.env);
  const signer = (client: Client): SigningClient => {
    const notes = (name: string): CheckpointFile => checkpointFile(home, client.chain.network, name);
    return withSigner(client, wallet, signal, { ...signing, notes });
  };
  const begin = async (client: Client): Promise<T> => {
    if (options.log !== undefined) await warnWithoutCoin(client, wallet.address);
    return use(signer(client));
  };
  return withClient(invocation, begin, { signal, ...options });
}

/** A service notices otherwise only when it has something to send, which may be when it must answer. */
async function warnWithoutCoin({ chain, log }: Client, address: string): Promise<void> {
  const balance = await chain.provider.getBalance(address).catch(() => undefined);
  if (balance !== 0n) return;
  log.warn({ address }, "this account has none of the chain's own coin, and cannot pay for gas: send it some");
}

/** How the flags have an account's transactions sent: noted in its folder, and no dearer than they allow. */
export function signingOptions(
  { flags, env }: Invocation<NetworkFlags & KeyFlags>,
  { address }: { readonly address: string },
): SigningOptions {
  const journalDir = path.join(homeFolder(flags.network, env), "transactions", address);
  return { journalDir, ...(flags.maxFee === undefined ? {} : { maxFee: flags.maxFee }) };
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
  for (const url of [...rpcUrlsOf(network), network.ipfsUrl, ...(flags.rpc ?? []), flags.ipfs]) {
    if (url !== undefined) secrets.addUrl(url);
  }
  const { rpcUrls, ...rest } = network;
  const changed = {
    ...rest,
    ...(flags.rpc === undefined ? { ...(rpcUrls === undefined ? {} : { rpcUrls }) } : { rpcUrl: flags.rpc }),
    ...(flags.ipfs === undefined ? {} : { ipfsUrl: flags.ipfs }),
  };
  return parseNetworkFile(JSON.stringify(changed), "the network");
}

export function keyOptionsOf(invocation: Invocation<NetworkFlags & KeyFlags>): KeyOptions {
  const { flags, env, secrets } = invocation;
  return { env, secrets, account: flags.account, file: flags.passwordFile, home: homeFolder(flags.network, env) };
}
