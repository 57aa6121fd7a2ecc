import type { TransactionReceipt } from "ethers";

import { contractInterface } from "@orion/protocol/chain";

type Args = Readonly<Record<string, unknown>>;

/** The first event of that name which the credits contract emitted in a transaction. */
export function creditsEvent(receipt: TransactionReceipt, name: string): Args {
  const abi = contractInterface("ComputeCredits");
  for (const log of receipt.logs) {
    const parsed = abi.parseLog(log);
    if (parsed?.name === name) return parsed.args.toObject();
  }
  throw new Error(`the transaction ${receipt.hash} emitted no ${name}`);
}
