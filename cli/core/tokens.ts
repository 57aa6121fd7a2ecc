import { reading, type Call, type Contracts } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import { MaxUint256 } from "ethers";

import { formatAmount, type Unit } from "./amounts.ts";
import type { SigningClient } from "./client.ts";

/** What to do where CU are missing. */
export const CREDITS_HINT = "mint credits with `orion credits mint`, or buy them with `orion dex swap`";

/** ORION, credits, or any other ERC-20 behind ORION's interface. */
export type Token = Contracts["orion"] | Contracts["credits"];

export interface Spending {
  readonly token: Token;
  readonly unit: Unit;
  /** Contract that will take the tokens. */
  readonly spender: string;
  readonly amount: bigint;
  /** What to do when the account holds too little. */
  readonly hint: string;
  /** Approve this once for ever, which saves a transaction each time, instead of exactly the amount. */
  readonly infinite?: boolean;
  /** Have so much approved instead of exactly the amount. */
  readonly allowed?: bigint;
}

/**
 * Makes sure that `spender` may take `amount` from the signer, who holds it.
 * @throws InvalidInputError when the account holds less
 */
export async function approveSpending(client: SigningClient, spending: Spending): Promise<void> {
  const { token, unit, spender, amount } = spending;
  await requireBalance(client, spending);
  if (await isApproved(client, { ...spending, amount: spending.allowed ?? amount })) return;
  const allowed = spending.infinite === true ? MaxUint256 : (spending.allowed ?? amount);
  const data = token.interface.encodeFunctionData("approve", [spender, allowed]);
  await sendApproval(client, { to: await token.getAddress(), data, label: `approve ${unit.symbol}` });
}

/**
 * Sends a change of an approval. An earlier life of the process may have sent the very same one, and the sender then gives that one's receipt:
 * it may be used up by now, and an approval can be made twice without harm.
 */
export async function sendApproval({ chain, sender }: SigningClient, call: Call): Promise<void> {
  const before = await reading(chain, () => chain.provider.getBlockNumber());
  const receipt = await sender.send(call);
  if (receipt.blockNumber <= before) await sender.send(call);
}

/** Whether `spender` may take `amount` of the signer's tokens already. */
export async function isApproved(
  { chain, sender }: SigningClient,
  { token, spender, amount }: Pick<Spending, "token" | "spender" | "amount">,
): Promise<boolean> {
  return (await reading(chain, () => token.allowance(sender.address, spender))) >= amount;
}

/** @throws InvalidInputError when the signer holds less than `amount` */
export async function requireBalance(
  { chain, sender }: SigningClient,
  { token, unit, amount, hint }: Pick<Spending, "token" | "unit" | "amount" | "hint">,
): Promise<void> {
  const balance = await reading(chain, () => token.balanceOf(sender.address));
  if (balance >= amount) return;
  throw new InvalidInputError(
    `${sender.address} holds ${formatAmount(balance, unit)}, ${formatAmount(amount, unit)} are needed`,
    { hint },
  );
}
