import { isError, keccak256, type HDNodeWallet, type TransactionReceipt, type Wallet } from "ethers";

import type { Clock } from "../common/clock.ts";
import { AbortedError, RevertError, UnavailableError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import { chainError, ranOutOfGas } from "./errors.ts";
import { bumpedFees, currentFees, type Fees } from "./fees.ts";

export interface Call {
  readonly to: string;
  readonly data: string;
  /** Wei that goes with the call. */
  readonly value?: bigint;
  /** Names the step in logs, e.g. "claim". */
  readonly label: string;
}

/** Signs and sends one account's transactions, one after the other. */
export interface Sender {
  readonly address: string;
  /** Block of the newest transaction that this sender has seen mined; what a node shows below it is stale. */
  readonly lastBlock: number;
  /**
   * Simulates, sends and waits until the transaction is mined; raises the gas price when it is stuck, and the gas when it was too little.
   * @throws RevertError when the contract refuses (before anything is signed, whenever the simulation shows it)
   * @throws UnavailableError when the node does not answer, AbortedError when the process stops
   */
  send(call: Call): Promise<TransactionReceipt>;
}

export interface SenderOptions {
  readonly chain: Chain;
  readonly wallet: Wallet | HDNodeWallet;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal;
  /** Milliseconds between looks for the receipt. */
  readonly pollMs?: number;
  /** A transaction that is not mined after this time is sent again with a higher fee. */
  readonly stuckAfterMs?: number;
  /** Called before and after a transaction goes out; tests kill the process there. */
  readonly step?: (name: string) => void;
}

const GAS_MARGIN_PERCENT = 125n;
/**
 * Gas for what the block may ask beyond the simulation: another transaction or the next second can turn two writes to slots in use into writes to
 * empty ones (17,100 each; a checkpoint of votes is one). What is not used costs nothing.
 */
const GAS_ALLOWANCE = 50_000n;
const MAX_ATTEMPTS = 6;
const MAX_BUMPS = 12;
const TRANSFER_GAS = 21_000n;

export function createSender(options: SenderOptions): Sender {
  let tail: Promise<unknown> = Promise.resolve();
  let lastBlock = 0;
  const sendNext = async (call: Call): Promise<TransactionReceipt> => {
    const receipt = await sendOne(options, call);
    lastBlock = Math.max(lastBlock, receipt.blockNumber);
    return receipt;
  };
  return {
    address: options.wallet.address,
    get lastBlock() {
      return lastBlock;
    },
    send(call) {
      const run = tail.then(() => sendNext(call));
      tail = run.catch(() => undefined);
      return run;
    },
  };
}

async function sendOne(options: SenderOptions, call: Call): Promise<TransactionReceipt> {
  let allowance = GAS_ALLOWANCE;
  for (let attempt = 1; ; attempt++) {
    requireRunning(options.signal);
    try {
      const outcome = await attemptSend(options, call, allowance);
      if (typeof outcome !== "string") return outcome;
      options.log.debug({ label: call.label, attempt, outcome }, "the transaction did nothing; trying again");
      if (attempt >= MAX_ATTEMPTS) throw givenUp(options, call, outcome);
      if (outcome === "starved") allowance *= 2n;
    } catch (error) {
      const known = chainError(error, options.chain.network.rpcUrl);
      if (!isNonceRace(error)) throw known;
      if (attempt >= MAX_ATTEMPTS) throw givenUp(options, call, "replaced");
    }
    await options.clock.sleep(50 * attempt, options.signal);
  }
}

/** "replaced": another transaction of the same account took the nonce; "starved": it was mined, and ran out of gas. */
type Failure = "replaced" | "starved";

function givenUp(options: SenderOptions, call: Call, failure: Failure): UnavailableError {
  if (failure === "replaced") {
    return new UnavailableError(
      `cannot get "${call.label}" mined: another process keeps using the nonces of ${options.wallet.address}`,
      { hint: "run one process per key" },
    );
  }
  return new UnavailableError(`"${call.label}" ran out of gas ${String(MAX_ATTEMPTS)} times`, {
    hint: "the chain's estimates of gas are too low; try another RPC",
  });
}

interface Request {
  readonly to: string;
  readonly data: string;
  readonly from: string;
  readonly value: bigint;
}

interface Payload {
  readonly to: string;
  readonly data: string;
  readonly gasLimit: bigint;
  readonly nonce: number;
}

async function attemptSend(
  options: SenderOptions,
  call: Call,
  allowance: bigint,
): Promise<TransactionReceipt | Failure> {
  const { provider } = options.chain;
  const from = options.wallet.address;
  const value = call.value ?? 0n;
  const request = { to: call.to, data: call.data, from, value };
  // Estimating executes the call on the pending block, so it is the simulation as well.
  const estimate = await provider.estimateGas(request);
  const gasLimit = (estimate * GAS_MARGIN_PERCENT) / 100n + allowance;
  const nonce = await provider.getTransactionCount(from, "pending");
  let fees = await currentFees(provider);
  const payload = { to: call.to, data: call.data, value, gasLimit, nonce };
  const hashes: string[] = [];
  for (let bump = 0; bump <= MAX_BUMPS; bump++) {
    const signed = await sign(options, payload, fees);
    if (bump === 0) options.step?.(`signed:${call.label}`);
    hashes.push(await broadcast(options, signed, hashes.length > 0));
    if (bump === 0) options.step?.(`broadcast:${call.label}`);
    const receipt = await waitForReceipt(options, hashes, nonce);
    if (receipt === "replaced") return receipt;
    if (receipt !== "stuck") return judge(options, request, receipt, gasLimit);
    fees = bumpedFees(fees, await currentFees(provider));
    options.log.warn({ label: call.label, bump: bump + 1 }, "the transaction is stuck; raising its gas price");
    await clearTheWay(options, nonce, fees);
  }
  throw new UnavailableError(`"${call.label}" was not mined after ${String(MAX_BUMPS)} gas price increases`, {
    hint: "check that the chain produces blocks",
  });
}

function sign(options: SenderOptions, payload: Payload, fees: Fees): Promise<string> {
  return options.wallet.signTransaction({ ...payload, chainId: options.chain.network.chainId, type: 2, ...fees });
}

/**
 * Replaces what an earlier life of this process left stuck at lower nonces by empty transfers: nothing behind it could ever be mined.
 * What it was meant to do is done again by whoever still wants it.
 */
async function clearTheWay(options: SenderOptions, nonce: number, fees: Fees): Promise<void> {
  const from = options.wallet.address;
  const mined = await options.chain.provider.getTransactionCount(from, "latest");
  for (let blocking = mined; blocking < nonce; blocking++) {
    const empty = { to: from, data: "0x", gasLimit: TRANSFER_GAS, nonce: blocking };
    options.log.warn({ nonce: blocking }, "an older transaction blocks the account; replacing it by an empty one");
    await broadcast(options, await sign(options, empty, fees), true);
  }
}

async function broadcast(options: SenderOptions, signed: string, replacing: boolean): Promise<string> {
  try {
    return (await options.chain.provider.broadcastTransaction(signed)).hash;
  } catch (error) {
    // A development node mines it at once and answers with its failure: the receipt tells.
    if (ranOutOfGas(error)) return keccak256(signed);
    // While replacing, the first transaction may just have been mined, or ask for a still higher fee: the receipt loop finds out.
    if (replacing && isNonceRace(error)) return "";
    throw error;
  }
}

async function waitForReceipt(
  options: SenderOptions,
  hashes: readonly string[],
  nonce: number,
): Promise<TransactionReceipt | "stuck" | "replaced"> {
  const deadline = options.clock.now() + (options.stuckAfterMs ?? 45_000);
  for (;;) {
    const receipt = await findReceipt(options, hashes);
    if (receipt !== undefined) return receipt;
    const mined = await options.chain.provider.getTransactionCount(options.wallet.address, "latest");
    // Mined between the two looks, or another transaction took the nonce.
    if (mined > nonce) return (await findReceipt(options, hashes)) ?? "replaced";
    if (options.clock.now() >= deadline) return "stuck";
    requireRunning(options.signal, "it was sent and may still be mined: look before you do it again");
    await options.clock.sleep(options.pollMs ?? 100, options.signal);
  }
}

async function findReceipt(options: SenderOptions, hashes: readonly string[]): Promise<TransactionReceipt | undefined> {
  for (const hash of hashes) {
    const receipt = hash === "" ? null : await options.chain.provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
  }
  return undefined;
}

async function judge(
  options: SenderOptions,
  request: Request,
  receipt: TransactionReceipt,
  gasLimit: bigint,
): Promise<TransactionReceipt | "starved"> {
  if (receipt.status === 1) return receipt;
  // Somebody was faster between simulation and block: the same call now names the reason.
  await options.chain.provider.call(request);
  // A call within the call leaves a 64th of the gas to its caller, which then may fail for a reason of its own.
  if (receipt.gasUsed * 64n >= gasLimit * 62n) return "starved";
  throw new RevertError("Outrun", [receipt.hash], { hint: "the state changed while the transaction was on its way" });
}

function isNonceRace(error: unknown): boolean {
  if (isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED")) return true;
  const message = (error as { info?: { error?: { message?: unknown } } } | null)?.info?.error?.message;
  return (
    typeof message === "string" &&
    /nonce too low|already known|already imported|replacement|nonce too high/i.test(message)
  );
}

function requireRunning(signal: AbortSignal | undefined, hint = "it was not sent: nothing happened"): void {
  if (signal?.aborted === true) throw new AbortedError("stopped before the transaction was mined", { hint });
}
