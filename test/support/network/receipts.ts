import type { TransactionReceipt } from "ethers";

import type { TestNetwork } from "./test-network.ts";

/** Of every transaction since the contracts were deployed. */
export async function allReceipts(running: TestNetwork): Promise<TransactionReceipt[]> {
  const { provider } = running.chain;
  const head = await provider.getBlockNumber();
  const receipts: TransactionReceipt[] = [];
  for (let number = running.network.deployBlock; number <= head; number++) {
    const block = await provider.getBlock(number);
    for (const hash of block?.transactions ?? []) {
      const receipt = await provider.getTransactionReceipt(hash);
      if (receipt !== null) receipts.push(receipt);
    }
  }
  return receipts;
}
