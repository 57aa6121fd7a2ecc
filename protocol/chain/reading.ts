import { RevertError, UnavailableError } from "../common/errors.ts";
import type { Chain } from "./chain.ts";
import { chainError, WITHOUT_REASON } from "./errors.ts";

/**
 * Reads from the chain. Our contracts refuse no read without a reason: a node that says so answers from a state in which some of them are not there yet.
 * @param options.asksOthers the contract asks one of somebody else, which may refuse in any way
 * @throws one of our errors, whatever ethers threw: UnavailableError, RevertError, …
 */
export async function reading<T>(
  chain: Chain,
  call: () => Promise<T>,
  { asksOthers = false }: { readonly asksOthers?: boolean } = {},
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const known = chainError(error, chain.network.rpcUrl);
    if (asksOthers || !(known instanceof RevertError) || known.revert !== WITHOUT_REASON) throw known;
    throw new UnavailableError("the node refused a read and gave no reason", {
      cause: known,
      hint: "it may lag behind, or the network file may be of another network; look at the block that the node shows",
    });
  }
}
