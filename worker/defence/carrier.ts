import type { TypedDataDomain, TypedDataField } from "ethers";

import type { Call, Chain, Sender } from "@orion/protocol/chain";
import { respondTraceCall, type Case, type TraceAnswer } from "@orion/protocol/disputes";

/** A second account that sends answers, so that a stuck commit or an empty wallet of the worker costs no lock. */
export interface Carrier {
  readonly sender: Sender;
  /** Signs with the worker's own key: only that answers a demand for a trace, whoever sends it. */
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string>;
}

const TYPES: Record<string, TypedDataField[]> = {
  TraceAnswer: [
    { name: "market", type: "address" },
    { name: "key", type: "bytes32" },
    { name: "shard", type: "uint32" },
    { name: "shardRoot", type: "bytes32" },
  ],
};

/** The transaction that answers the demand for a trace; signed where a carrier is to send it. */
export async function traceCall(of: Case, answer: TraceAnswer, carrier: Carrier | undefined): Promise<Call> {
  if (carrier === undefined) return respondTraceCall(of, answer);
  const { market } = of.chain.network.addresses;
  const value = { market, key: of.unit.key, shard: answer.shard, shardRoot: answer.shardRoot };
  return respondTraceCall(of, answer, await carrier.signTypedData(domainOf(of.chain), TYPES, value));
}

/** The domain of the judge's signatures, as its contract says it. */
function domainOf({ network }: Chain): TypedDataDomain {
  return {
    name: "Orion DisputeManager",
    version: "2",
    chainId: network.chainId,
    verifyingContract: network.addresses.disputes,
  };
}
