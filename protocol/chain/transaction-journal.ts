/** A transaction that was signed, as it is noted before anybody else can see it. */
export interface SignedTransaction {
  readonly hash: string;
  readonly from: string;
  readonly chainId: number;
  readonly nonce: number;
  /** What it is for, e.g. "withdraw". */
  readonly label: string;
  /** The signed bytes, to send them again. */
  readonly raw: string;
  /** Timestamp of the newest block when it was signed, s: its age must not depend on this machine's date. Missing where no block was seen. */
  readonly blockTime?: number | undefined;
  /** The endpoint refused it, and whoever made the call was told so: it is not sent again unless the call is repeated. */
  readonly refused?: boolean | undefined;
}

/**
 * Remembers what was signed until its outcome is known, over the end of the process where it is kept in a file. Without it a process that died
 * between signature and receipt would do everything a second time.
 */
export interface TransactionJournal {
  /** Durable when it returns. What is noted once more takes the place of its first note, as the newest. */
  signed(transaction: SignedTransaction): Promise<void>;
  /** The outcome of everything that the account signed on this chain under this nonce is known. */
  settled(from: string, nonce: number, chainId: number): Promise<void>;
  /** What earlier lives of this process signed, and whose outcome is not known, oldest first. */
  open(): Promise<readonly SignedTransaction[]>;
}

/** A journal for as long as the process lives. */
export function memoryJournal(): TransactionJournal {
  const open = new Map<string, SignedTransaction>();
  return {
    signed(transaction) {
      open.set(transaction.hash, transaction);
      return Promise.resolve();
    },
    settled(from, nonce, chainId) {
      for (const [hash, entry] of open) {
        if (entry.from === from && entry.nonce === nonce && entry.chainId === chainId) open.delete(hash);
      }
      return Promise.resolve();
    },
    open: () => Promise.resolve([]),
  };
}
