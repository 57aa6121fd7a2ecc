import type { TransactionReceipt } from "ethers";

import { contractInterface, type ContractName } from "@orion/protocol/chain";

type Args = Readonly<Record<string, unknown>>;

/** The events of that name which the contract at `address` emitted in a transaction, in order; others can emit what looks the same. */
export function eventsOf(receipt: TransactionReceipt, contract: ContractName, address: string, name: string): Args[] {
  const abi = contractInterface(contract);
  return receipt.logs
    .filter((log) => log.address === address)
    .map((log) => abi.parseLog(log))
    .filter((parsed) => parsed?.name === name)
    .map((parsed) => parsed?.args.toObject() ?? {});
}

/** The only event of that name. */
export function eventOf(receipt: TransactionReceipt, contract: ContractName, address: string, name: string): Args {
  const [event] = eventsOf(receipt, contract, address, name);
  if (event === undefined) throw new Error(`the transaction ${receipt.hash} emitted no ${name}`);
  return event;
}
