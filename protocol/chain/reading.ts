import type { Chain } from "./chain.ts";
import { chainError } from "./errors.ts";

/** Reads from the chain. @throws one of our errors, whatever ethers threw: UnavailableError, RevertError, … */
export async function reading<T>(chain: Chain, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw chainError(error, chain.network.rpcUrl);
  }
}
