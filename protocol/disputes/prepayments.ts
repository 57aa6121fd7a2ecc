import { AbiCoder, zeroPadValue } from "ethers";

import { chainError, contractInterface, type Chain, type Sender } from "../chain/index.ts";
import { readDisputes } from "./read-disputes.ts";

/**
 * Credits the prepayments of claims that are over to whom they belong and withdraws the account's balance.
 * @returns wei withdrawn; zero when there was nothing
 */
export async function collectPrepayments(
  chain: Chain,
  sender: Sender,
  keys: readonly string[],
  fromBlock: number,
): Promise<bigint> {
  const { market, disputes: to } = chain.network.addresses;
  const { disputes } = chain.contracts;
  const state = await readDisputes(chain, keys, fromBlock);
  for (const dispute of state.claims.values()) {
    const due = [...dispute.demands.values()].filter((d) => !d.returned).map((d) => d.subject);
    if (due.length === 0) continue;
    const outcome = await reading(chain, () => disputes.outcome(market, dispute.key));
    if (!outcome.fallen && !outcome.closed) continue;
    const data = disputes.interface.encodeFunctionData("returnPrepayments", [market, dispute.key, due]);
    await sender.send({ to, data, label: "returnPrepayments" });
  }
  const balance = await reading(chain, () => disputes.balanceOf(sender.address));
  if (balance === 0n) return 0n;
  await sender.send({
    to,
    data: disputes.interface.encodeFunctionData("withdraw", [sender.address]),
    label: "withdraw",
  });
  return balance;
}

/** Keys of the claims on which an account has ever prepaid a demand. */
export async function prepaidKeys(chain: Chain, account: string): Promise<string[]> {
  const abi = contractInterface("DisputeManager");
  const topic = (name: string): string => abi.getEvent(name)?.topicHash ?? "";
  const payer = zeroPadValue(AbiCoder.defaultAbiCoder().encode(["address"], [account]), 32);
  const filter = {
    address: chain.network.addresses.disputes,
    topics: [[topic("Demanded"), topic("OutputDemanded")], null, null, payer],
  };
  const logs = await reading(chain, () =>
    chain.provider.getLogs({ ...filter, fromBlock: chain.network.deployBlock, toBlock: "latest" }),
  );
  return [...new Set(logs.map((log) => log.topics[2] as string))];
}

async function reading<T>(chain: Chain, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
}
