import { reading } from "@orion/protocol/chain";

import { signPermit, type Permit } from "../core/permit.ts";
import type { SigningClient } from "../core/client.ts";
import { CU, ORION } from "../core/amounts.ts";
import type { TokenInfo } from "../core/token-info.ts";
import { approveSpending, isApproved, requireBalance } from "../core/tokens.ts";

/** A permit that allows nothing: the exchange passes over permits that fail, and where one is not needed this stands in its place. */
export const NO_PERMIT: Permit = {
  value: 0n,
  deadline: 0n,
  v: 0,
  r: `0x${"00".repeat(32)}`,
  s: `0x${"00".repeat(32)}`,
};

/**
 * Lets the exchange take `amount` of the signer's tokens: a signature that goes with the call where the token has permits, an approval of that very
 * amount, in a transaction of its own, where it has none; nothing where an earlier approval suffices.
 * @throws InvalidInputError when the account holds less
 */
export async function allowExchange(
  client: SigningClient,
  info: TokenInfo,
  amount: bigint,
  deadline: bigint,
): Promise<Permit | undefined> {
  const { token } = info;
  const spending = { token, unit: info, spender: client.chain.network.addresses.dex, amount, hint: hintOf(info) };
  await requireBalance(client, spending);
  if (await isApproved(client, spending)) return undefined;
  const permit = await signPermit(client, { token, spender: spending.spender, value: amount, deadline });
  if (permit === undefined) {
    await clearApproval(client, info, spending.spender);
    await approveSpending(client, spending);
  }
  return permit;
}

/** Some old tokens refuse to change an approval that is not used up. */
async function clearApproval(
  client: SigningClient,
  { token, symbol, address }: TokenInfo,
  spender: string,
): Promise<void> {
  const left = await reading(client.chain, () => token.allowance(client.sender.address, spender));
  if (left === 0n) return;
  const data = token.interface.encodeFunctionData("approve", [spender, 0n]);
  await client.sender.send({ to: address, data, label: `clear approval of ${symbol}` });
}

function hintOf({ symbol }: TokenInfo): string {
  if (symbol === CU.symbol) return "mint credits with `orion credits mint`, or buy them with `orion dex swap`";
  if (symbol === ORION.symbol) return "get ORION from the treasury, or buy it with `orion dex swap`";
  return "trade a smaller amount";
}
