import type { TransactionReceipt } from "ethers";

import type { TestNetwork } from "./test-network.ts";

/** Of every transaction since the contracts were deployed. */
export async function allReceipts(running: TestNetwork): Promise<TransactionReceipt[]> {
  const head = await running.chain.provider.getBlockNumber();
  const receipts: TransactionReceipt[] = [];
  for (let number = running.network.deployBlock; number <= head; number++) {
    receipts.push(...(await receiptsOf(running, number)));
  }
  return receipts;
}

/** Of every transaction of a block. */
export async function receiptsOf({ chain }: TestNetwork, number: number): Promise<TransactionReceipt[]> {
  const block = await chain.provider.getBlock(number);
  const receipts: TransactionReceipt[] = [];
  for (const hash of block?.transactions ?? []) {
    const receipt = await chain.provider.getTransactionReceipt(hash);
    if (receipt !== null) receipts.push(receipt);
  }
  return receipts;
}
