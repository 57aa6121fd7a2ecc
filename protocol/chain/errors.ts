import { isError, type ErrorDescription, type Interface } from "ethers";

import { OrionError, RevertError, UnavailableError } from "../common/errors.ts";
import { CONTRACT_NAMES, contractInterface } from "./artifact.ts";

const NETWORK_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"]);

/** Nodes say it in words of their own, under one general code. */
const NO_FUNDS = /insufficient funds|enough funds/i;

const OUT_OF_GAS = /out of gas/i;

/** What nodes say of a call that was executed and failed. Whatever else they say comes from the node and not from the contract. */
const EXECUTED =
  /revert|invalid (opcode|jump|instruction)|bad instruction|out of gas|gas required exceeds|stack (under|over)flow|vm (exception|execution error)|evm error|insufficient balance for transfer/i;
/** Words of these among them all the same: the node could not look. */
const NOT_EXECUTED =
  /header not found|unknown block|block not found|missing trie node|state .*(not|un)available|not synced|syncing|timed? ?out|limit exceeded|too many requests|overloaded|try again/i;

/** Hints for the refusals that a user can do something about. */
const HINTS: Record<string, string> = {
  ERC20InsufficientBalance:
    "the account holds too little; get more with `orion credits mint` (CU) or from the treasury (ORION)",
  ERC20InsufficientAllowance: "approve the contract first; the `orion` commands do it by themselves",
  NotAuthorised: "authorise the market with `orion provider authorise`",
  InsufficientFree: "stake more with `orion provider stake <amount>`",
  BelowPar: "offer at least one base unit of CU per unit of work (`--price`)",
  CollateralOutOfBounds: "choose a collateral between the two bounds (`--collateral`)",
  ClaimCollateralTooLow: "raise `--collateral`, or `--shards-per-claim` so that the last unit is not small",
  JobIsCancelled: "its poster has cancelled the job: it takes no tips and no more claims",
  NotAcceptable:
    "the unit is not committed, or a demand or an answer holds it: name the others with `--units`, or wait until its demands are over",
  JobIsFinished: "every shard of the job is settled or given back",
  JobExists: "this very job is already posted; a new salt makes another one",
  CapExceeded: "no more credits may exist now; mint fewer, or buy some on the exchange (`orion credits price`)",
  CostAboveLimit: "the collateral or the fee has risen since it was asked for; try again, or allow more (`--max-cost`)",
  QuotaExceeded:
    "the quota of the hour, or of the day for escrows, is used up; mint fewer, or come back when the next one begins (`orion credits price`)",
  MintedWait: "the job's escrow was minted for it: nothing is accepted before 24 hours after the post",
  NotDue: "what minted escrow leaves is paid 24 hours later; the value is the time from which on",
  NothingOwed: "`orion job status <job>` shows what a job with minted escrow owes",
  RollTooShort: "a roll moves the end by 7 days at least; give a longer `--term`, or roll later",
  RollTooEarly: "the pool is thin: a position is rolled by one day, on its last day",
  NotOpen: "the treasury has yet to make the CU/ORION pool; nothing can be minted before",
  MintingPaused:
    "mints are paused by a vote or the guardian (`orion gov guard status`); credits can still be bought on the exchange",
  TermOutOfBounds: "a term is 30 days at most (`--term`)",
  NotEnded: "nobody can deliver before the position's end; `orion credits positions` shows it",
  NotOwner: "only the owner of the position may do this; name its key with `--account`",
  MoreThanDebt: "the position owes less; `orion credits positions` shows how much",
  UnknownPosition: "there is no such position, or it is paid back; `orion credits positions` lists the open ones",
  NothingToTopUp: "only its owner may roll a position that needs no more ORION",
  TooExpensive: "the price has risen above the limit; try again, or raise `--max-price`",
  ChangeTooLarge: "a bounded parameter moves by a quarter at most at a time",
  ChangeTooSoon: "a bounded parameter moves once in seven days; the value is the time from which it may",
  MarketPaused:
    "new posts and claims are paused by a vote or the guardian (`orion gov guard status`); running jobs go on",
  TooLittle: "the price moved since it was shown: look again, or allow more with `--slippage`",
  TooMuch: "the price moved since it was shown: look again, or allow more with `--slippage`",
  Expired: "it was mined too late, so nothing happened: try again, or allow more time with `--deadline`",
  UnknownPool: "`orion dex pools` lists the pools; `orion dex add` makes a new one",
  UnknownId: "`orion dex pools` lists the pools and their ids",
  HistoryTooShort: "the pool is younger than that; try again later",
  AmountTooLarge: "no pool holds so much; give a smaller amount",
  ReserveTooSmall: "the pool holds less than that; buy less",
  TooFewShares: "the amounts are too small to buy a share of the pool; give larger ones",
  WrongTransfer: "the token delivers something else than what is sent: the exchange refuses such tokens",
  LiquidityPaused:
    "deposits are paused by a vote or the guardian (`orion gov guard status`); trades and withdrawals go on",
  MoreThanStaked: "`orion dex farm status` shows what is staked",
  ERC6909InsufficientBalance:
    "the account holds fewer shares; `orion dex position` shows them, staked ones must be withdrawn first",
};

/** Turns whatever ethers threw into one of our errors; our own errors pass through, and mistakes in our own code are thrown. */
export function chainError(error: unknown, rpcUrl: string): OrionError {
  if (error instanceof OrionError) return error;
  // Of anything but a call, data and words about money are the endpoint's own.
  const isOfCall = isCall(error);
  const data = isOfCall && !couldNotLook(nodeMessage(error)) ? revertData(error) : undefined;
  if (data !== undefined) return decodeRevert(data, error);
  if (isUnavailable(error)) {
    return new UnavailableError(`the chain at ${rpcUrl} does not answer`, {
      cause: error,
      hint: "check that it runs and that the RPC URL in the network file is right; `orion devnet` starts a local one",
    });
  }
  if (isOfCall && lacksFunds(error)) {
    return new RevertError("InsufficientFunds", [], {
      cause: error,
      said: "the account has too little of the chain's own coin to pay for gas",
      hint: "send it some coin; `orion credits balance` shows what it has",
    });
  }
  if (isError(error, "CALL_EXCEPTION") && wasExecuted(nodeMessage(error))) return withoutReason(error);
  // Without a code it comes from no node and no library: a mistake of ours, which no retry mends.
  if (error instanceof Error && !("code" in error)) throw error;
  return new UnavailableError(`the chain at ${rpcUrl} answered with an error: ${firstWords(error)}`, {
    cause: error,
    hint: "check that the JSON-RPC of a chain, and nothing else, answers at this address",
  });
}

/** Methods that execute something, or have it executed. */
const CALLS = new Set(["eth_call", "eth_estimateGas", "eth_sendRawTransaction"]);

/** True unless the error is known to be of another method. */
function isCall(error: unknown): boolean {
  const of = error as { payload?: { method?: unknown }; info?: { payload?: { method?: unknown } } } | null;
  const method = of?.payload?.method ?? of?.info?.payload?.method;
  return typeof method !== "string" || CALLS.has(method);
}

function couldNotLook(said: string): boolean {
  return NOT_EXECUTED.test(said) && !/revert/i.test(said);
}

/** The library takes every error of a call for the contract's; only what was executed is a refusal. A receipt that says so comes without words. */
function wasExecuted(said: string): boolean {
  return said === "" || (EXECUTED.test(said) && !NOT_EXECUTED.test(said));
}

/** True where the node says that the account cannot pay for the transaction; not every node says it in the words that the library knows. */
export function lacksFunds(error: unknown): boolean {
  return isError(error, "INSUFFICIENT_FUNDS") || NO_FUNDS.test(nodeMessage(error));
}

/** True where the node says of a transaction that its gas did not suffice. */
export function ranOutOfGas(error: unknown): boolean {
  return OUT_OF_GAS.test(nodeMessage(error));
}

/** The name of a refusal that names no error of ours. */
export const WITHOUT_REASON = "WithoutReason";

function withoutReason(cause: unknown): RevertError {
  return new RevertError(WITHOUT_REASON, [], { cause, said: "the contract refused the call and gave no reason" });
}

/** Decodes revert data with the errors of all our contracts. */
export function decodeRevert(data: string, cause?: unknown): RevertError {
  const described = describe(data);
  if (described === undefined && data === "0x") return withoutReason(cause);
  if (described === undefined) return new RevertError(`Unknown(${data.slice(0, 10)})`, [], { cause });
  const hint = HINTS[described.name];
  return new RevertError(described.name, [...described.args], hint === undefined ? { cause } : { cause, hint });
}

function describe(data: string): ErrorDescription | undefined {
  for (const name of CONTRACT_NAMES) {
    const found = tryParse(contractInterface(name), data);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tryParse(abi: Interface, data: string): ErrorDescription | undefined {
  try {
    return abi.parseError(data) ?? undefined;
  } catch {
    // Data of another contract that happens to begin like one of ours.
    return undefined;
  }
}

/** Revert data hides at different depths depending on node and call. */
function revertData(error: unknown): string | undefined {
  const seen = new Set<unknown>();
  let queue: unknown[] = [error];
  while (queue.length > 0) {
    const next: unknown[] = [];
    for (const item of queue) {
      if (typeof item !== "object" || item === null || seen.has(item)) continue;
      seen.add(item);
      const record = item as Record<string, unknown>;
      const data = record.data;
      if (typeof data === "string" && /^0x([0-9a-f]{2}){4,}$/i.test(data)) return data;
      next.push(record.error, record.info, record.cause, data, record.revert);
    }
    queue = next;
    if (seen.size > 32) break;
  }
  return undefined;
}

function isUnavailable(error: unknown): boolean {
  if (isError(error, "NETWORK_ERROR") || isError(error, "SERVER_ERROR") || isError(error, "TIMEOUT")) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && NETWORK_CODES.has(code);
}

/** What the node itself said, below what the library made of it. */
export function nodeMessage(error: unknown): string {
  const said = (error as { info?: { error?: { message?: unknown } } } | null)?.info?.error?.message;
  const inner = (error as { error?: { message?: unknown } } | null)?.error?.message;
  return [said, inner].filter((text) => typeof text === "string").join(" ");
}

/** One line: the node's own words if it said any, else the library's. */
function firstWords(error: unknown): string {
  const record = error as { shortMessage?: unknown; message?: unknown } | null;
  const texts = [nodeMessage(error), record?.shortMessage, record?.message];
  const text = texts.find((said) => typeof said === "string" && said !== "") ?? String(error);
  return (text as string).split("\n")[0] ?? "";
}
