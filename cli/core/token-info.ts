import { getAddress, isError } from "ethers";

import { chainError, type Chain, type Contracts } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, ORION, type Unit } from "./amounts.ts";
import { printable } from "./printable.ts";
import type { Token } from "./tokens.ts";

export interface TokenInfo extends Unit {
  readonly address: string;
  /** Behind ORION's interface, of which any ERC-20 has the part that is used. */
  readonly token: Token;
}

const MOST_DECIMALS = 36;
const SYMBOL_LENGTH = 12;

/**
 * What a token calls itself and how its amounts are written. A stranger's symbol is cleaned, and one that poses as ours shows its address.
 * @throws InvalidInputError when there is no such token
 */
export async function tokenInfo({ contracts, network }: Chain, given: string): Promise<TokenInfo> {
  const address = getAddress(given);
  if (address === network.addresses.orion) return { ...ORION, address, token: contracts.orion };
  if (address === network.addresses.credits) return { ...CU, address, token: contracts.credits };
  const token = contracts.orion.attach(address) as Contracts["orion"];
  try {
    const [symbol, decimals] = await Promise.all([token.symbol(), token.decimals()]);
    if (decimals > MOST_DECIMALS) throw new InvalidInputError(`the token ${address} has ${decimals} decimals`);
    return { symbol: named(symbol, address), decimals: Number(decimals), address, token };
  } catch (error) {
    if (isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA") || isUnreadable(error)) {
      throw new InvalidInputError(`there is no token at ${address}`, {
        cause: error,
        hint: "give the address of an ERC-20 token on this chain",
      });
    }
    throw chainError(error, network.rpcUrl);
  }
}

/** Text that is no UTF-8 comes out of ethers as an error of its own, without a code. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("deferred error during ABI decoding");
}

function named(symbol: string, address: string): string {
  const clean = printable(symbol, SYMBOL_LENGTH);
  // Letters of other scripts look like ours.
  const isPlain = /^[\x21-\x7e]+$/.test(clean);
  const poses = !isPlain || [ORION, CU].some((own) => own.symbol === clean.toUpperCase());
  return poses ? `${clean}(${address})` : clean;
}
