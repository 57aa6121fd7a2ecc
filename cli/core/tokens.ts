import type { Contracts } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import { MaxUint256 } from "ethers";

import { formatAmount, type Unit } from "./amounts.ts";
import type { SigningClient } from "./client.ts";

type Token = Contracts["orion"] | Contracts["credits"];

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
}

/**
 * Makes sure that `spender` may take `amount` from the signer, who holds it.
 * @throws InvalidInputError when the account holds less
 */
export async function approveSpending(client: SigningClient, spending: Spending): Promise<void> {
  const { token, unit, spender, amount } = spending;
  const owner = client.sender.address;
  const balance = await token.balanceOf(owner);
  if (balance < amount) {
    throw new InvalidInputError(
      `${owner} holds ${formatAmount(balance, unit)}, ${formatAmount(amount, unit)} are needed`,
      {
        hint: spending.hint,
      },
    );
  }
  if ((await token.allowance(owner, spender)) >= amount) return;
  const allowed = spending.infinite === true ? MaxUint256 : amount;
  const data = token.interface.encodeFunctionData("approve", [spender, allowed]);
  await client.sender.send({ to: await token.getAddress(), data, label: `approve ${unit.symbol}` });
}
