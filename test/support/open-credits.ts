import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256 } from "ethers";

import type { ComputeCredits } from "../../protocol/chain/generated/credits/ComputeCredits.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";

/** The treasury opens the canonical pool with so many credits and ORION; credits can be minted from then on. */
export async function openCredits(
  { orion, credits }: { readonly orion: OrionToken; readonly credits: ComputeCredits },
  treasury: HardhatEthersSigner,
  amounts: { readonly credits: bigint; readonly orion: bigint },
): Promise<void> {
  await orion.connect(treasury).approve(credits, MaxUint256);
  await credits.connect(treasury).open(amounts.credits, amounts.orion);
}
