import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { hopsOption, slippageOption } from "./options.ts";
import { planSwap, swapJson, swapLines, type SwapRequest } from "./plan-swap.ts";
import { swapWhatOptions } from "./swap-options.ts";

export const dexQuote = command<NetworkFlags & SwapRequest>({
  name: "quote",
  summary: "show what a trade would give, by the best route",
  details: "Nothing is signed and no key is needed.",
  options: [...swapWhatOptions, slippageOption, hopsOption, ...networkOptions],
  examples: [
    "orion dex quote --in 10 --from ORION --to CU",
    "orion dex quote --out 5 --from ORION --to CU --slippage 1% --json",
  ],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const plan = await planSwap(chain, invocation.flags);
      invocation.terminal.result(swapJson(plan), swapLines(plan));
    });
  },
});
