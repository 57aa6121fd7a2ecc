import { toQuantity, type JsonRpcProvider } from "ethers";

/** Which transaction used a nonce, and how many blocks, its own included, are on top. */
export interface UsedNonce {
  readonly hash: string;
  readonly depth: number;
}

/** Blocks before the head within which the use of a nonce is looked for; nodes keep the state of about so many. */
const LOOK_BACK = 120;

/**
 * The transaction that used an account's nonce, found in its block by bisection over the account's transaction count.
 * Undefined where the endpoint does not show it: that proves nothing.
 */
export async function transactionAtNonce(
  provider: JsonRpcProvider,
  account: string,
  nonce: number,
): Promise<UsedNonce | undefined> {
  const head = Number((await provider.send("eth_blockNumber", [])) as string);
  const countAt = async (block: number): Promise<number> =>
    Number((await provider.send("eth_getTransactionCount", [account, toQuantity(block)])) as string);
  let [low, high] = [Math.max(0, head - LOOK_BACK), head];
  if ((await countAt(high)) <= nonce) return undefined;
  if (low > 0 && (await countAt(low)) > nonce) return undefined;
  // The count is above the nonce after block `high`, and not after block `low`.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((await countAt(middle)) > nonce) high = middle;
    else low = middle;
  }
  const block = (await provider.send("eth_getBlockByNumber", [toQuantity(high), true])) as {
    transactions?: { hash: string; from: string; nonce: string }[];
  } | null;
  const found = block?.transactions?.find(
    (item) => item.from.toLowerCase() === account.toLowerCase() && Number(item.nonce) === nonce,
  );
  return found === undefined ? undefined : { hash: found.hash, depth: head - high + 1 };
}
