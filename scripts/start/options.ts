import { parseArgs } from "node:util";

import { InvalidInputError } from "@orion/protocol/common";

export const HELP = `npm start -- [--keep] [--summary FILE]

Starts a whole network on this machine (chain, contracts, IPFS, keepers, a validator, three workers, an index) and two cheats in it: one falsifies a
hidden value, one withholds everything. Liquidity is provided and staked, workers sell future work, the engineer buys the escrow and posts the digits
job in one transaction. Waits until the cheats are caught and the job is computed, settled and paid for, checks the result against the labels,
lets the workers sell what they earned, has the index tell it all and holds that against the chain, and ends.

  --keep            leave the network up and print its addresses; Ctrl-C stops it
  --summary FILE    write the figures as JSON
  --help            this text

Examples:
  npm start
  npm start -- --summary summary.json
  npm start -- --keep`;

export interface StartOptions {
  readonly keep: boolean;
  readonly help: boolean;
  readonly summary: string | undefined;
}

/** @throws InvalidInputError for anything that is not in the help text */
export function parseStartOptions(args: readonly string[]): StartOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        keep: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        summary: { type: "string" },
      },
    });
    return { keep: values.keep, help: values.help, summary: values.summary };
  } catch (cause) {
    throw new InvalidInputError((cause as Error).message, { cause, hint: "see `npm start -- --help`" });
  }
}
