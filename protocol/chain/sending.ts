import type { HDNodeWallet, TransactionReceipt, Wallet } from "ethers";

import type { Clock } from "../common/clock.ts";
import type { Logger } from "../common/log.ts";
import type { Chain } from "./chain.ts";
import type { TransactionJournal } from "./transaction-journal.ts";

export interface Call {
  readonly to: string;
  readonly data: string;
  /** Wei that goes with the call. */
  readonly value?: bigint;
  /** Names the step in logs, e.g. "claim". */
  readonly label: string;
  /** Goes before all that wait to be signed, such as an answer to a demand; it is sent even where the journal cannot be written. */
  readonly urgent?: boolean;
  /**
   * It moves money and is another call each time that it is made (a salt, a deadline), so nobody can tell by its bytes whether it was made before. It fails where an earlier run of the account that
   * ended before its time sent one of the same label and nobody was told what became of it.
   */
  readonly once?: boolean;
}

/** Signs and sends one account's transactions, several of them in flight, in the order of their nonces. */
export interface Sender {
  readonly address: string;
  /** Block of the newest transaction that this sender has seen mined; what a node shows below it is stale. */
  readonly lastBlock: number;
  /**
   * Simulates, sends and waits until the transaction is mined; raises the gas price when it is stuck, and the gas when it was too little. The
   * next call does not wait for this one's receipt, unless its simulation fails without it.
   * @throws RevertError when the contract refuses (before anything is signed, whenever the simulation shows it)
   * @throws UnavailableError when the node does not answer, FeeAboveLimitError when it asks too much: nothing was signed then
   * @throws TransactionUnknownError when it was sent and nothing tells what became of it
   * @throws AlreadySentError where an earlier run of the account made a call like this one, see `once`
   * @throws AbortedError when the process stops
   */
  send(call: Call): Promise<TransactionReceipt>;
}

/** What a call is going to cost at most, told after its signature and before it goes out. */
export interface SignedNotice {
  readonly label: string;
  readonly hash: string;
  readonly gasEstimate: bigint;
  /** Wei: for the estimated gas at today's price, and for all of the gas at the highest price offered. */
  readonly expectedCost: bigint;
  readonly maxCost: bigint;
}

export interface SenderOptions {
  readonly chain: Chain;
  readonly wallet: Wallet | HDNodeWallet;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal;
  /** Milliseconds between looks for receipts at first; the pauses grow to a second. */
  readonly pollMs?: number;
  /** A transaction that is not mined after this time is sent again with a higher fee. */
  readonly stuckAfterMs?: number;
  /** A transaction of which there is no sign for this time has an unknown outcome. */
  readonly unknownAfterMs?: number;
  /** Where signed transactions are noted before they go out; in memory unless given. */
  readonly journal?: TransactionJournal;
  /** Wei per gas that is paid at most; the network's limit, else a multiple of the base fee, unless given. */
  readonly maxFeePerGas?: bigint;
  /** Transactions in flight at most. */
  readonly parallel?: number;
  readonly onSigned?: (notice: SignedNotice) => void;
  /** Called before and after a transaction goes out; tests kill the process there. */
  readonly step?: (name: string) => void;
}
