import { Option } from "commander";

import { parseDecimal } from "./options.ts";
import { parseTokenName } from "./tokens.ts";

/** What is traded for what. */
export const swapWhatOptions: readonly Option[] = [
  new Option("--in <amount>", "sell exactly so much of --from").argParser(parseDecimal).conflicts("out"),
  new Option("--out <amount>", "buy exactly so much of --to").argParser(parseDecimal),
  new Option("--from <token>", "token to sell: ORION, CU or an address")
    .argParser(parseTokenName)
    .makeOptionMandatory(),
  new Option("--to <token>", "token to buy: ORION, CU or an address").argParser(parseTokenName).makeOptionMandatory(),
];
