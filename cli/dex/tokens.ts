import { getAddress, isAddress } from "ethers";
import { InvalidArgumentError } from "commander";

import type { Chain } from "@orion/protocol/chain";

import { CU, ORION } from "../core/amounts.ts";
import { tokenInfo, type TokenInfo } from "../core/token-info.ts";

/** A token as it is named on the command line: `ORION`, `CU` or an address. Only these two symbols can be trusted. */
export function parseTokenName(text: string): string {
  const own = [ORION, CU].find(({ symbol }) => symbol === text.toUpperCase());
  if (own !== undefined) return own.symbol;
  if (isAddress(text)) return getAddress(text);
  throw new InvalidArgumentError("Name a token: ORION, CU, or its address.");
}

export function addressOfToken({ network }: Chain, name: string): string {
  if (name === ORION.symbol) return network.addresses.orion;
  return name === CU.symbol ? network.addresses.credits : name;
}

/** A token that the user names; it must say how its amounts are written. */
export async function resolveToken(chain: Chain, name: string): Promise<TokenInfo> {
  return tokenInfo(chain, addressOfToken(chain, name));
}

/**
 * A token of a pool, which may be anything: one that does not say what it is goes by its address, with amounts in base units. Nobody must be able to
 * spoil a list with a pool of his own.
 */
export async function tokenOfPool(chain: Chain, address: string): Promise<TokenInfo> {
  try {
    return await tokenInfo(chain, address);
  } catch {
    const token = chain.contracts.orion.attach(address) as TokenInfo["token"];
    return { symbol: address, decimals: 0, address, token };
  }
}
