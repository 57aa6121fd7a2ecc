import { reading } from "@orion/protocol/chain";

import { CU, formatAmount, formatRounded, ORION } from "../core/amounts.ts";
import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { collateralFacts, priceFacts, quotaFact } from "./price-lines.ts";
import { readCreditPrice, readQuota } from "./read-price.ts";

export const creditsPrice = command<NetworkFlags>({
  name: "price",
  summary: "show what a credit costs to mint, its mean prices, and how many may be minted",
  details:
    "The collateral of a mint is the floor, or twice the mean price of an hour or of 7 days, whichever is highest; the means count while the price is live.",
  options: [...networkOptions],
  examples: ["orion credits price", "orion credits price --json"],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const { credits } = chain.contracts;
      const [price, quota] = await Promise.all([readCreditPrice(chain), readQuota(chain)]);
      const [mintable, supply, locked, parameters, paused] = await reading(chain, () =>
        Promise.all([
          credits.mintable(),
          credits.totalSupply(),
          credits.totalLocked(),
          credits.parameters(),
          credits.paused(),
        ]),
      );
      const { cap, bootstrapCap, minDepth } = parameters;
      invocation.terminal.result(
        { ...price, ...quota, mintable, supply, locked, cap, bootstrapCap, minDepth, paused },
        facts([
          ...collateralFacts(price),
          ...priceFacts(price),
          ["mintable", paused ? "nothing: mints are paused by a vote or the guardian" : formatRounded(mintable, CU)],
          quotaFact(quota),
          ["supply", `${formatRounded(supply, CU)} of ${formatAmount(price.live ? cap : min(cap, bootstrapCap), CU)}`],
          ["locked", formatRounded(locked, ORION)],
        ]),
      );
    });
  },
});

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
