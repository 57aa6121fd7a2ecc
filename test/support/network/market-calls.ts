import type { TransactionReceipt } from "ethers";

import type { Terms } from "@orion/protocol/chain";

import type { TestNetwork } from "./test-network.ts";

/** Calls of the market, as a stranger with a key would make them. */
export interface MarketCalls {
  publishManifest(terms: Terms, digest: string): Promise<TransactionReceipt>;
  claim(terms: Terms, units: readonly number[]): Promise<TransactionReceipt>;
  commit(terms: Terms, unit: number, key: string, root: string, digest: string): Promise<TransactionReceipt>;
  cancel(terms: Terms): Promise<TransactionReceipt>;
  publishResult(jobId: string, root: string, digest: string): Promise<TransactionReceipt>;
}

export function marketCalls(running: TestNetwork, account: number): MarketCalls {
  const { interface: abi } = running.chain.contracts.market;
  const send = (label: string, data: string): Promise<TransactionReceipt> =>
    running.sender(account).send({ to: running.network.addresses.market, data, label });
  return {
    publishManifest: (terms, digest) =>
      send("publishManifest", abi.encodeFunctionData("publishManifest", [terms, digest])),
    claim: (terms, units) => send("claim", abi.encodeFunctionData("claim", [terms, [...units]])),
    commit: (terms, unit, key, root, digest) =>
      send("commit", abi.encodeFunctionData("commit", [terms, unit, key, root, digest])),
    cancel: (terms) => send("cancel", abi.encodeFunctionData("cancel", [terms])),
    publishResult: (jobId, root, digest) =>
      send("publishResult", abi.encodeFunctionData("publishResult", [jobId, root, digest])),
  };
}
