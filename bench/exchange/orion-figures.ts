import { MaxUint256, type ContractTransactionResponse } from "ethers";

import type { ComputeCredits } from "../../protocol/chain/generated/credits/ComputeCredits.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";
import type { DexFixture } from "../../test/support/dex-fixture.ts";
import { gasOf, type GasFigures } from "../gas/measure.ts";
import { DEADLINE, ONE } from "./amounts.ts";

const FEE = 30n;
const MONTH = 30 * 24 * 3600;
/** Ten thousand CU beside twenty thousand ORION. */
const CREDITS = 10_000n * ONE;
const ORION = 20_000n * ONE;

interface Compute {
  readonly orion: OrionToken;
  readonly credits: ComputeCredits;
}

/** Direct swaps in the pool of real credits and real ORION, which looks votes up at every transfer and counts those that are delegated. */
export async function orionFigures(f: DexFixture): Promise<GasFigures> {
  const { orion, credits } = await deployCompute(f);
  const [cu, token] = [await credits.getAddress(), await orion.getAddress()];
  const swap = (tokenIn: string, tokenOut: string, amount: bigint): Promise<ContractTransactionResponse> =>
    f.dex
      .connect(f.trader)
      .swapDirectExactIn({ amount, limit: 1n, to: f.trader, deadline: DEADLINE, tokenIn, tokenOut, fee: FEE });
  const both = async (): Promise<{ buy: number; sell: number }> => {
    await swap(token, cu, ONE);
    return { buy: await gasOf(swap(token, cu, ONE)), sell: await gasOf(swap(cu, token, ONE / 10n)) };
  };
  const plain = await both();
  await orion.connect(f.trader).delegate(f.trader);
  const delegated = await both();
  return {
    ...{ "CU/ORION: buying CU": plain.buy, "CU/ORION: selling CU": plain.sell },
    "CU/ORION: buying CU, votes delegated": delegated.buy,
    "CU/ORION: selling CU, votes delegated": delegated.sell,
  };
}

/** Credits minted against ORION, held by provider and trader, and a pool of both. */
async function deployCompute(f: DexFixture): Promise<Compute> {
  const orion = await f.ethers.deployContract("OrionToken", [f.owner]);
  const bounds = [2n * ONE, 10n ** 24n, 10n ** 24n, 1_000n * ONE];
  const args = [orion, f.dex, f.owner, f.owner, ...bounds];
  const credits = await f.ethers.deployContract("ComputeCredits", args);
  await orion.approve(credits, MaxUint256);
  await credits.open(CREDITS, ORION);
  for (const holder of [f.provider, f.trader]) {
    await credits.mint(2n * CREDITS, MONTH, 2n ** 127n, holder);
    await orion.transfer(holder, 10n * ORION);
    for (const token of [orion, credits]) await token.connect(holder).approve(f.dex, MaxUint256);
  }
  return { orion, credits };
}
