import { ZeroAddress } from "ethers";

import { CREDIT } from "@orion/protocol/common";

import { amountUpTo, type Move, type Stage } from "./move.ts";
import { digest } from "./market-moves.ts";

const DAY = 86_400;

/** Everything that anybody does with stake, tokens and credits. */
export function moneyMoves(stage: Stage): Move[] {
  const { world, cast, random } = stage;
  const { registry, orion, credits } = world.contracts;
  const at = world.network.addresses;
  const someone = (): string => random.pick(cast.everybody);
  const markets = [at.market, at.dex];
  const position = async (): Promise<bigint> => {
    const last = Number(await credits.positions());
    return BigInt(random.between(random.chance(0.7) ? Math.max(1, last - 5) : 1, last));
  };
  return [
    {
      name: "stake",
      play: async () => {
        const from = someone();
        const amount = amountUpTo(random, (await orion.balanceOf(from)) / 100n);
        const data = registry.interface.encodeFunctionData("stake", [
          random.pick(cast.workers),
          random.pick(markets),
          amount,
        ]);
        return world.act(from, at.registry, data);
      },
    },
    {
      name: "withdraw stake",
      play: async () => {
        const [worker, market] = [random.pick(cast.workers), random.pick(markets)];
        const { free } = await registry.account(worker, market);
        const amount = amountUpTo(random, free / 10n);
        return world.act(
          worker,
          at.registry,
          registry.interface.encodeFunctionData("withdraw", [market, amount, someone()]),
        );
      },
    },
    {
      name: "authorise",
      play: () => {
        const market = random.pick(markets);
        const allowed = market === at.market ? random.chance(0.9) : random.chance(0.5);
        const data = registry.interface.encodeFunctionData("authorise", [market, allowed]);
        return world.act(random.pick(cast.workers), at.registry, data);
      },
    },
    {
      name: "publish a profile",
      play: () => {
        const data = registry.interface.encodeFunctionData("publishProfile", [digest(random)]);
        return world.act(someone(), at.registry, data);
      },
    },
    {
      name: "burn ORION",
      play: () =>
        world.act(someone(), at.orion, orion.interface.encodeFunctionData("burn", [amountUpTo(random, 10n ** 18n)])),
    },
    {
      name: "send nothing to oneself",
      play: () => {
        const from = someone();
        return world.act(from, at.orion, orion.interface.encodeFunctionData("transfer", [from, 0n]));
      },
    },
    {
      name: "delegate",
      play: () => {
        const to = random.chance(0.2) ? ZeroAddress : someone();
        // Not the treasury, whose votes decide.
        return world.act(
          random.pick([...cast.workers, ...cast.engineers]),
          at.orion,
          orion.interface.encodeFunctionData("delegate", [to]),
        );
      },
    },
    {
      name: "mint credits",
      play: () => {
        const term = random.chance(0.5) ? random.between(1, 100) : 30 * DAY;
        const args: [bigint, number, bigint, string] = [amountUpTo(random, 100n * CREDIT), term, 2n ** 127n, someone()];
        return world.act(someone(), at.credits, credits.interface.encodeFunctionData("mint", args));
      },
    },
    {
      name: "redeem credits",
      play: async () => {
        const id = await position();
        const { owner, debt } = await credits.position(id);
        const amount = amountUpTo(random, debt);
        return world.act(owner, at.credits, credits.interface.encodeFunctionData("redeem", [id, amount]));
      },
    },
    {
      name: "roll a position",
      play: async () => {
        const id = await position();
        const { owner } = await credits.position(id);
        const args: [bigint, number, bigint] = [id, random.between(6 * DAY, 30 * DAY), 2n ** 127n];
        return world.act(owner, at.credits, credits.interface.encodeFunctionData("roll", args));
      },
    },
    {
      name: "deliver credits",
      play: async () => {
        const id = await position();
        const { debt } = await credits.position(id);
        const amount = amountUpTo(random, debt);
        return world.act(someone(), at.credits, credits.interface.encodeFunctionData("deliver", [id, amount]));
      },
    },
    {
      name: "hand on a position",
      play: async () => {
        const id = await position();
        const { owner } = await credits.position(id);
        return world.act(owner, at.credits, credits.interface.encodeFunctionData("transferPosition", [id, someone()]));
      },
    },
  ];
}
