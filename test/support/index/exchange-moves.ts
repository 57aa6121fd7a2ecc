import { localFeed } from "../network/local-feed.ts";
import { amountUpTo, type Move, type Stage } from "./move.ts";

const NEVER = 2n ** 40n;

/** Everything that anybody does on the exchange and with its shares. */
export async function exchangeMoves(stage: Stage): Promise<Move[]> {
  const { world, cast, random } = stage;
  const { dex, mining, credits, orion, usdPrices } = world.contracts;
  const at = world.network.addresses;
  const pool = await credits.POOL();
  const feed = await localFeed(world.contracts);
  const feedAt = await feed.getAddress();
  const tokens = [at.orion, at.credits];
  const [token0 = "", token1 = ""] = BigInt(at.orion) < BigInt(at.credits) ? tokens : tokens.toReversed();
  // The second pool, of another fee, is made by the first deposit.
  const keys = [30, 100].map((fee) => ({ token0, token1, fee }));
  const balance = (token: string, of: string): Promise<bigint> =>
    token === at.orion ? orion.balanceOf(of) : credits.balanceOf(of);
  const holders = (): string => random.pick([...cast.traders, cast.treasury]);
  const sharesOf = (of: string): Promise<bigint> => dex.balanceOf(of, pool);
  const swap = async (exactIn: boolean): Promise<boolean> => {
    const [from, tokenIn] = [random.pick(cast.everybody), random.pick(tokens)];
    const tokenOut = tokenIn === at.orion ? at.credits : at.orion;
    const hops = [{ tokenOut, fee: random.chance(0.8) ? 30 : 100 }];
    const most = (await balance(exactIn ? tokenIn : tokenOut, at.dex)) / 50n;
    const amount = amountUpTo(random, most);
    const common = { tokenIn, hops, to: random.pick(cast.everybody), deadline: NEVER };
    const data = exactIn
      ? dex.interface.encodeFunctionData("swapExactIn", [{ ...common, amountIn: amount, minOut: 0n }])
      : dex.interface.encodeFunctionData("swapExactOut", [{ ...common, amountOut: amount, maxIn: 2n ** 111n }]);
    return world.act(from, at.dex, data);
  };
  const govern = (to: string, data: string): Promise<boolean> => world.act(cast.timelock, to, data);
  return [
    { name: "swap exactly in", play: () => swap(true) },
    { name: "swap exactly out", play: () => swap(false) },
    {
      name: "add liquidity",
      play: () => {
        const key = random.pick(keys);
        const amounts = { maxAmount0: amountUpTo(random, 10n ** 20n), maxAmount1: amountUpTo(random, 10n ** 20n) };
        const add = { key, ...amounts, minShares: 0n, to: random.pick(cast.traders), deadline: NEVER };
        const data = dex.interface.encodeFunctionData("addLiquidity", [add]);
        return world.act(random.pick([...cast.traders, cast.treasury]), at.dex, data);
      },
    },
    {
      name: "remove liquidity",
      play: async () => {
        const from = holders();
        const shares = amountUpTo(random, (await sharesOf(from)) / 3n);
        const remove = {
          key: keys[0]!,
          shares,
          minAmount0: 0n,
          minAmount1: 0n,
          to: random.pick(cast.everybody),
          deadline: NEVER,
        };
        return world.act(from, at.dex, dex.interface.encodeFunctionData("removeLiquidity", [remove]));
      },
    },
    {
      name: "send shares",
      play: async () => {
        const from = holders();
        const shares = amountUpTo(random, (await sharesOf(from)) / 10n);
        const data = dex.interface.encodeFunctionData("transfer", [random.pick(cast.traders), pool, shares]);
        return world.act(from, at.dex, data);
      },
    },
    {
      name: "set the protocol's part",
      play: () =>
        govern(at.dex, dex.interface.encodeFunctionData("setProtocolPart", [pool, random.pick([0, 6, 10, 255])])),
    },
    {
      name: "collect fees",
      play: () => {
        const data = dex.interface.encodeFunctionData("collectProtocolFees", [random.pick(tokens), cast.treasury]);
        return govern(at.dex, data);
      },
    },
    {
      name: "stake shares",
      play: async () => {
        const from = random.pick(cast.traders);
        const shares = amountUpTo(random, (await sharesOf(from)) / 2n);
        return world.act(from, at.mining, mining.interface.encodeFunctionData("deposit", [pool, shares]));
      },
    },
    {
      name: "unstake shares",
      play: async () => {
        const from = random.pick(cast.traders);
        const { shares } = await mining.stakeOf(pool, from);
        return world.act(
          from,
          at.mining,
          mining.interface.encodeFunctionData("withdraw", [pool, amountUpTo(random, shares)]),
        );
      },
    },
    {
      name: "harvest",
      play: () => {
        const data = mining.interface.encodeFunctionData("harvest", [pool, random.pick(cast.everybody)]);
        return world.act(random.pick(cast.traders), at.mining, data);
      },
    },
    {
      name: "leave the farm",
      play: () => world.act(random.pick(cast.traders), at.mining, mining.interface.encodeFunctionData("exit", [pool])),
    },
    {
      name: "fund the farm",
      play: () => {
        // Of any pool, even one that nobody will ever make.
        const data = mining.interface.encodeFunctionData("fund", [
          random.chance(0.8) ? pool : 7n,
          amountUpTo(random, 10n ** 21n),
        ]);
        return world.act(random.pick(cast.everybody), at.mining, data);
      },
    },
    {
      name: "answer the feed anew",
      play: () => {
        // Some answers cannot be reported.
        const answer = random.chance(0.1) ? 0n : amountUpTo(random, 10n ** 12n);
        return world.act(
          random.pick(cast.everybody),
          feedAt,
          feed.interface.encodeFunctionData("updateAnswer", [answer]),
        );
      },
    },
    {
      name: "report the dollar price",
      play: () => {
        const { usdPrices: to = "" } = at;
        const data = usdPrices?.interface.encodeFunctionData("report") ?? "";
        return world.act(random.pick(cast.everybody), to, data);
      },
    },
    {
      name: "set the farm's rate",
      play: () =>
        govern(at.mining, mining.interface.encodeFunctionData("setRate", [pool, amountUpTo(random, 10n ** 18n)])),
    },
  ];
}
