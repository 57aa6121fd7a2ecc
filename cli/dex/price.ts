import { Argument, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { deepestPool, readMeanPrice, spotPriceOf, USD_DECIMALS, type Ratio } from "@orion/protocol/exchange";

import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { inDollars, readExchange } from "./exchange.ts";
import { formatDollars, formatPrice, priceJson } from "./figures.ts";
import { formatFee } from "./options.ts";
import { formatPoolId } from "./pool-name.ts";
import { HOUR, WEEK } from "./pools.ts";
import { parseTokenName, resolveToken } from "./tokens.ts";

interface Flags extends NetworkFlags {
  readonly in: string;
}

export const dexPrice = command<Flags>({
  name: "price",
  summary: "show a token's price: now, its means of an hour and a week, and in dollars",
  details: `From the deepest pool of the two tokens. A mean counts each price for the time that it lasted, so that no single trade can set it; the price of
this moment, and dollars computed from it, can be moved by anyone who pays for it.`,
  args: [new Argument("[token]", "ORION, CU or an address").argParser(parseTokenName).default("CU")],
  options: [
    new Option("--in <token>", "token to give the price in").argParser(parseTokenName).default("ORION"),
    ...networkOptions,
  ],
  examples: ["orion dex price", "orion dex price ORION --in CU --json"],
  async run(invocation) {
    const { flags, args, terminal } = invocation;
    await withClient(invocation, async ({ chain }) => {
      const [token, measure] = await Promise.all([
        resolveToken(chain, args[0] as string),
        resolveToken(chain, flags.in),
      ]);
      if (token.address === measure.address) {
        throw new InvalidInputError(`a price of ${token.symbol} is not given in ${measure.symbol}`, {
          hint: "name another token with --in",
        });
      }
      const exchange = await readExchange(chain);
      const pool = deepestPool(exchange.pools, measure.address, token.address);
      if (pool === undefined) {
        throw new InvalidInputError(`no pool joins ${token.symbol} and ${measure.symbol}`, {
          hint: "`orion dex pools` lists the pools; `orion dex quote` finds routes through several",
        });
      }
      const [hour, week] = await Promise.all(
        [HOUR, WEEK].map((window) => readMeanPrice(chain, pool, token.address, window)),
      );
      const spot = spotPriceOf(pool, token.address);
      const one = 10n ** BigInt(token.decimals);
      const dollars = inDollars(exchange, exchange.inOrion(token.address, one));
      const text = (price: Ratio | undefined): string => formatPrice(price, token, measure);
      const json = (price: Ratio | undefined): string | null => priceJson(price, token, measure);
      terminal.result(
        {
          token: token.address,
          in: measure.address,
          pool: formatPoolId(pool.id),
          price: json(spot),
          meanHour: json(hour?.price),
          meanWeek: json(week?.price),
          usd:
            dollars === undefined
              ? null
              : priceJson(
                  { numerator: dollars, denominator: 1n },
                  { symbol: "", decimals: 0 },
                  { symbol: "", decimals: USD_DECIMALS },
                ),
        },
        facts([
          ["now", `${text(spot)} per ${token.symbol} (${formatFee(pool.fee)} pool)`],
          ["mean 1 h", text(hour?.price)],
          ["mean 7 d", text(week?.price)],
          ["dollars", formatDollars(dollars)],
        ]),
      );
    });
  },
});
