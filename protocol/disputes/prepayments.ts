import { zeroPadValue } from "ethers";

import { contractInterface, readLogs, reading, type Chain, type Sender } from "../chain/index.ts";
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
export function prepaidKeys(chain: Chain, account: string): Promise<string[]> {
  return keysWith(chain, ["Demanded", "OutputDemanded"], account);
}

/** Keys of the claims of which an account has ever answered a demand. */
export function answeredKeys(chain: Chain, account: string): Promise<string[]> {
  return keysWith(chain, ["Answered", "OutputAnswered"], account);
}

/** Who prepaid and who answered stands in the same place of their events. */
async function keysWith(chain: Chain, events: readonly string[], account: string): Promise<string[]> {
  const abi = contractInterface("DisputeManager");
  const topics = [events.map((name) => abi.getEvent(name)?.topicHash ?? ""), null, null, zeroPadValue(account, 32)];
  const address = chain.network.addresses.disputes;
  const logs = await readLogs(chain, { address, topics });
  return [...new Set(logs.map((log) => log.topics[2] as string))];
}
