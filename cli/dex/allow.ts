import { reading } from "@orion/protocol/chain";

import { signPermit, type Permit } from "../core/permit.ts";
import type { SigningClient } from "../core/client.ts";
import { CU, ORION } from "../core/amounts.ts";
import type { TokenInfo } from "../core/token-info.ts";
import { approveSpending, CREDITS_HINT, isApproved, requireBalance, sendApproval } from "../core/tokens.ts";

/** A permit that allows nothing: the exchange passes over permits that fail, and where one is not needed this stands in its place. */
export const NO_PERMIT: Permit = {
  value: 0n,
  deadline: 0n,
  v: 0,
  r: `0x${"00".repeat(32)}`,
  s: `0x${"00".repeat(32)}`,
};

/**
 * Lets the exchange take up to `most` of the signer's tokens, of which `needed` as things stand: a signature that goes with the call where the token
 * has permits, an approval of that very limit, in a transaction of its own, where it has none; nothing where an earlier approval suffices.
 * @throws InvalidInputError when the account holds less than is needed
 */
export async function allowExchange(
  client: SigningClient,
  info: TokenInfo,
  { needed, most }: { readonly needed: bigint; readonly most: bigint },
  deadline: bigint,
): Promise<Permit | undefined> {
  const { token } = info;
  const { dex: spender } = client.chain.network.addresses;
  const spending = { token, unit: info, spender, amount: needed, allowed: most, hint: hintOf(info) };
  await requireBalance(client, spending);
  if (await isApproved(client, { ...spending, amount: most })) return undefined;
  const permit = await signPermit(client, { token, spender, value: most, deadline });
  if (permit === undefined) {
    await clearApproval(client, info, spender);
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
  await sendApproval(client, { to: address, data, label: `clear approval of ${symbol}` });
}

function hintOf({ symbol }: TokenInfo): string {
  if (symbol === CU.symbol) return CREDITS_HINT;
  if (symbol === ORION.symbol) return "get ORION from the treasury, or buy it with CU: `orion dex swap --from CU`";
  return "trade a smaller amount";
}
