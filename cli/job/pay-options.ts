import { isAddress, getAddress } from "ethers";
import { InvalidArgumentError } from "commander";

import type { Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { amountOption } from "../core/options.ts";
import { tokenInfo } from "../core/token-info.ts";
import type { MintOptions } from "./mint-quote.ts";
import type { PurchaseOptions } from "./purchase.ts";

/** What `orion job post` is told of a purchase. */
export interface PayFlags {
  readonly pay?: string;
  /** Of the paying token per CU. */
  readonly maxPrice?: string;
  readonly deadline?: number;
  /** Of the mint: seconds, and ORION wei. */
  readonly term?: number;
  readonly maxCost?: bigint;
  readonly approveOnce?: true;
}

/** Says that the escrow is minted and not bought. */
export const MINT = "mint";

/** `mint`, `orion`, or the address of a token. */
export function parsePay(text: string): string {
  if (text === "orion" || text === MINT) return text;
  if (isAddress(text)) return getAddress(text);
  throw new InvalidArgumentError("Give `mint`, `orion`, or the address of a token.");
}

/** @throws InvalidInputError for flags that make no sense together */
export function requirePayFlags({ pay, maxPrice, deadline, term, maxCost, approveOnce }: PayFlags): void {
  if ((pay === undefined || pay === MINT) && (maxPrice !== undefined || deadline !== undefined)) {
    throw new InvalidInputError("--max-price and --deadline are for a purchase", {
      hint: "add --pay orion, or leave them out to pay with the CU of the account",
    });
  }
  if (pay !== MINT && (term !== undefined || maxCost !== undefined)) {
    throw new InvalidInputError("--term and --max-cost are for a mint", { hint: "add --pay mint, or leave them out" });
  }
  if (pay !== undefined && approveOnce === true) {
    throw new InvalidInputError("--approve-once is for the CU of the account, which --pay does not spend", {
      hint: "leave one of the two out",
    });
  }
}

/** Reads the flags in the units of the paying token. @throws InvalidInputError */
export async function purchaseOptions(
  chain: Chain,
  pay: string,
  { maxPrice, deadline }: PayFlags,
): Promise<PurchaseOptions> {
  const paying = await tokenInfo(chain, pay === "orion" ? chain.network.addresses.orion : pay);
  return {
    pay: paying.address,
    ...(maxPrice === undefined ? {} : { maxPrice: amountOption("--max-price <amount>", maxPrice, paying) }),
    ...(deadline === undefined ? {} : { deadlineSeconds: deadline }),
  };
}

export function mintOptions({ term, maxCost }: PayFlags): MintOptions {
  return {
    ...(term === undefined ? {} : { termSeconds: term }),
    ...(maxCost === undefined ? {} : { maxCost }),
  };
}
