import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, type AddressLike } from "ethers";

import type { Terms } from "@orion/protocol/chain";

import type { BuyAndPost } from "../../protocol/chain/generated/market/BuyAndPost.js";
import type { OddToken } from "../../protocol/chain/generated/mocks/OddToken.js";
import type { PlainToken } from "../../protocol/chain/generated/mocks/PlainToken.js";
import { NEVER } from "./dex-fixture.ts";
import { CU, DAY, ORION, deployMarketFixture, type MarketFixture } from "./market-fixture.ts";

/** What the CU/ORION pool holds at first: three ORION per CU. */
export const POOL_CREDITS = 100_000n * CU;
export const POOL_ORION = 300_000n * ORION;
const FEE = 30;
const THIRD_DECIMALS = 6;
/** Of the third token there are so many units to one ORION wei's worth of pool: two ORION for one token. */
const POOL_THIRD = 150_000n * 10n ** 6n;
const POOL_ODD = 10n ** 24n;

type Token = MarketFixture["orion"] | MarketFixture["credits"] | PlainToken | OddToken;

export interface Route {
  readonly tokenIn: Token;
  readonly hops: { tokenOut: string; fee: number }[];
}

export interface Payment extends Pick<Route, "hops"> {
  readonly tokenIn: string;
  readonly maxIn: bigint;
  readonly deadline: bigint;
}

export interface PurchaseFixture extends MarketFixture {
  readonly router: BuyAndPost;
  /** An ordinary token with a pool against ORION and none against CU. */
  readonly third: PlainToken;
  /** A token with odd habits and pools against CU and against ORION. */
  readonly odd: OddToken;
  /** Holds ORION, the third and the odd token, has approved the router, and has no credits. */
  readonly buyer: HardhatEthersSigner;
  readonly routes: { readonly orion: Route; readonly third: Route; readonly odd: Route; readonly oddLong: Route };
  /** Terms of a job of the buyer. */
  own(overrides?: Partial<Terms>): Terms;
  escrow(terms: Terms): bigint;
  /** A payment along a route with limits that do not bind, unless they are given. */
  payment(route: Route, limits?: { maxIn?: bigint; deadline?: bigint }): Promise<Payment>;
  buyAndPost(
    terms: Terms,
    route?: Route,
    limits?: { maxIn?: bigint; deadline?: bigint },
  ): ReturnType<BuyAndPost["buyAndPost"]>;
  /** Somebody with all tokens sells one for the other at the exchange. */
  sell(tokenIn: Token, tokenOut: Token, amountIn: bigint): Promise<unknown>;
  /** What the router holds of every token. */
  held(): Promise<bigint[]>;
}

/** The network with pools, and the contract that buys and posts. */
export async function deployPurchaseFixture(): Promise<PurchaseFixture> {
  const f = await deployMarketFixture({ credits: POOL_CREDITS, orion: POOL_ORION });
  const { orion, credits, dex, market, owner, poster, stranger: buyer } = f;
  const deploy = async (name: string, ...args: unknown[]): Promise<unknown> =>
    await f.ethers.deployContract(name, args);
  const router = (await deploy("BuyAndPost", dex, market, credits)) as BuyAndPost;
  const third = (await deploy("PlainToken", THIRD_DECIMALS)) as PlainToken;
  const odd = (await deploy("OddToken")) as OddToken;
  const tokens = [orion, credits, third, odd] as const;
  await credits.connect(poster).transfer(owner, (await credits.balanceOf(poster)) / 2n);
  await credits.mint(POOL_CREDITS, 30 * DAY, MaxUint256 >> 128n, owner);
  for (const token of [third, odd]) for (const holder of [owner, buyer]) await token.mint(holder, 10n ** 30n);
  await orion.transfer(buyer, 10_000_000n * ORION);
  for (const token of tokens) {
    await token.connect(owner).approve(dex, MaxUint256);
    if (token !== credits) await token.connect(buyer).approve(router, MaxUint256);
  }
  const add = async (a: Token, amountA: bigint, b: Token, amountB: bigint): Promise<void> => {
    const [x, y] = [await a.getAddress(), await b.getAddress()];
    const inOrder = BigInt(x) < BigInt(y);
    const [token0, token1] = inOrder ? [x, y] : [y, x];
    const [maxAmount0, maxAmount1] = inOrder ? [amountA, amountB] : [amountB, amountA];
    const key = { token0, token1, fee: FEE };
    await dex.addLiquidity({ key, maxAmount0, maxAmount1, minShares: 0n, to: owner, deadline: NEVER });
  };
  await add(third, POOL_THIRD, orion, POOL_ORION);
  await add(odd, POOL_ODD, credits, POOL_CREDITS);
  await add(odd, POOL_ODD, orion, POOL_ORION);
  const [toOrion, toCredits] = [
    { tokenOut: await orion.getAddress(), fee: FEE },
    { tokenOut: await credits.getAddress(), fee: FEE },
  ];
  const routes = {
    orion: { tokenIn: orion, hops: [toCredits] },
    third: { tokenIn: third, hops: [toOrion, toCredits] },
    odd: { tokenIn: odd, hops: [toCredits] },
    oddLong: { tokenIn: odd, hops: [toOrion, toCredits] },
  };
  const payment: PurchaseFixture["payment"] = async (route, { maxIn = MaxUint256, deadline = NEVER } = {}) => ({
    tokenIn: await route.tokenIn.getAddress(),
    hops: route.hops,
    maxIn,
    deadline,
  });
  const snapshot = await f.helpers.takeSnapshot();
  return {
    ...f,
    ...{ router, third, odd, buyer, routes, payment },
    own: (overrides = {}) => f.terms({ poster: buyer.address, ...overrides }),
    escrow: (terms) => BigInt(terms.shards) * (terms.pricePerShard + terms.keeperFee),
    buyAndPost: async (terms, route = routes.orion, limits = {}) =>
      await router.connect(buyer).buyAndPost(terms, await payment(route, limits)),
    sell: async (tokenIn, tokenOut, amountIn) =>
      await dex.connect(owner).swapExactIn({
        ...{ tokenIn, hops: [{ tokenOut: await tokenOut.getAddress(), fee: FEE }] },
        ...{ amountIn, minOut: 0n, to: owner, deadline: NEVER },
      }),
    held: async () => await Promise.all(tokens.map((token) => token.balanceOf(router as AddressLike))),
    reset: () => snapshot.restore(),
  };
}
