import { isError, type TransactionReceipt, type Wallet, type HDNodeWallet } from "ethers";

import type { Clock } from "../common/clock.ts";
import { AbortedError, RevertError, UnavailableError } from "../common/errors.ts";
import type { Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import { chainError } from "./errors.ts";

export interface Call {
  readonly to: string;
  readonly data: string;
  /** Names the step in logs, e.g. "claim". */
  readonly label: string;
}

/** Signs and sends one account's transactions, one after the other. */
export interface Sender {
  readonly address: string;
  /**
   * Simulates, sends and waits until the transaction is mined; raises the gas price when it is stuck.
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
}

const GAS_MARGIN_PERCENT = 125n;
/** Nodes accept a replacement from 10% on; a quarter also outpaces a rising base fee. */
const BUMP_PERCENT = 125n;
const MAX_ATTEMPTS = 6;
const MAX_BUMPS = 12;

interface Fees {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

export function createSender(options: SenderOptions): Sender {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    address: options.wallet.address,
    send(call) {
      const run = tail.then(() => sendOne(options, call));
      tail = run.catch(() => undefined);
      return run;
    },
  };
}

async function sendOne(options: SenderOptions, call: Call): Promise<TransactionReceipt> {
  for (let attempt = 1; ; attempt++) {
    requireRunning(options.signal);
    try {
      const receipt = await attemptSend(options, call);
      if (receipt !== undefined) return receipt;
      options.log.debug({ label: call.label, attempt }, "the nonce was taken by another transaction; trying again");
    } catch (error) {
      const known = chainError(error, options.chain.network.rpcUrl);
      if (!isNonceRace(error) || attempt >= MAX_ATTEMPTS) throw known;
    }
    if (attempt >= MAX_ATTEMPTS) {
      throw new UnavailableError(`cannot get "${call.label}" mined: another process keeps using the nonces of ${options.wallet.address}`, {
        hint: "run one process per key",
      });
    }
    await options.clock.sleep(50 * attempt, options.signal);
  }
}

/** Undefined when another transaction of the same account took the nonce. */
async function attemptSend(options: SenderOptions, call: Call): Promise<TransactionReceipt | undefined> {
  const { provider, network } = options.chain;
  const from = options.wallet.address;
  const request = { to: call.to, data: call.data, from };
  // Estimating executes the call on the pending block, so it is the simulation as well.
  const estimate = await provider.estimateGas(request);
  const nonce = await provider.getTransactionCount(from, "pending");
  let fees = await currentFees(options);
  const gasLimit = (estimate * GAS_MARGIN_PERCENT) / 100n;
  const hashes: string[] = [];
  for (let bump = 0; bump <= MAX_BUMPS; bump++) {
    const signed = await options.wallet.signTransaction({
      to: call.to,
      data: call.data,
      nonce,
      gasLimit,
      chainId: network.chainId,
      type: 2,
      ...fees,
    });
    hashes.push(await broadcast(options, signed, hashes.length > 0));
    const receipt = await waitForReceipt(options, hashes, nonce);
    if (receipt === "replaced") return undefined;
    if (receipt !== "stuck") return requireSuccess(options, request, receipt);
    fees = bumped(fees, await currentFees(options));
    options.log.warn({ label: call.label, bump: bump + 1 }, "the transaction is stuck; raising its gas price");
  }
  throw new UnavailableError(`"${call.label}" was not mined after ${String(MAX_BUMPS)} gas price increases`, {
    hint: "check that the chain produces blocks",
  });
}

async function broadcast(options: SenderOptions, signed: string, replacing: boolean): Promise<string> {
  try {
    return (await options.chain.provider.broadcastTransaction(signed)).hash;
  } catch (error) {
    // While replacing, the first transaction may just have been mined: the receipt loop finds out.
    if (replacing && isNonceRace(error)) return "";
    throw error;
  }
}

async function currentFees(options: SenderOptions): Promise<Fees> {
  const data = await options.chain.provider.getFeeData();
  const tip = data.maxPriorityFeePerGas ?? 0n;
  const cap = data.maxFeePerGas ?? data.gasPrice ?? 0n;
  return { maxFeePerGas: cap > tip ? cap : tip, maxPriorityFeePerGas: tip };
}

function bumped(old: Fees, current: Fees): Fees {
  const raise = (before: bigint, now: bigint): bigint => {
    const least = (before * BUMP_PERCENT) / 100n + 1n;
    return least > now ? least : now;
  };
  return {
    maxFeePerGas: raise(old.maxFeePerGas, current.maxFeePerGas),
    maxPriorityFeePerGas: raise(old.maxPriorityFeePerGas, current.maxPriorityFeePerGas),
  };
}

async function waitForReceipt(
  options: SenderOptions,
  hashes: readonly string[],
  nonce: number,
): Promise<TransactionReceipt | "stuck" | "replaced"> {
  const { provider } = options.chain;
  const deadline = options.clock.now() + (options.stuckAfterMs ?? 45_000);
  for (;;) {
    for (const hash of hashes) {
      const receipt = hash === "" ? null : await provider.getTransactionReceipt(hash);
      if (receipt !== null) return receipt;
    }
    if ((await provider.getTransactionCount(options.wallet.address, "latest")) > nonce) {
      // Mined between the two looks, or another transaction took the nonce.
      for (const hash of hashes) {
        const receipt = hash === "" ? null : await provider.getTransactionReceipt(hash);
        if (receipt !== null) return receipt;
      }
      return "replaced";
    }
    if (options.clock.now() >= deadline) return "stuck";
    requireRunning(options.signal);
    await options.clock.sleep(options.pollMs ?? 100, options.signal);
  }
}

async function requireSuccess(
  options: SenderOptions,
  request: { to: string; data: string; from: string },
  receipt: TransactionReceipt,
): Promise<TransactionReceipt> {
  if (receipt.status === 1) return receipt;
  // Somebody was faster between simulation and block: the same call now names the reason.
  await options.chain.provider.call(request);
  throw new RevertError("Outrun", [receipt.hash], { hint: "the state changed while the transaction was on its way" });
}

function isNonceRace(error: unknown): boolean {
  if (isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED")) return true;
  const message = (error as { info?: { error?: { message?: unknown } }; message?: unknown } | null)?.info?.error?.message;
  return typeof message === "string" && /nonce too low|already known|replacement|nonce too high/i.test(message);
}

function requireRunning(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AbortedError("stopped before the transaction was sent");
}
