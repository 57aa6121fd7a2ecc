import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { AbiCoder, MaxUint256, keccak256 } from "ethers";

import type { DePinDex } from "../../protocol/chain/generated/exchange/DePinDex.js";
import type { OddToken } from "../../protocol/chain/generated/mocks/OddToken.js";
import type { PlainToken } from "../../protocol/chain/generated/mocks/PlainToken.js";

type Connection = Awaited<ReturnType<typeof hre.network.create>>;

/** Never past, for calls whose deadline is not the point. */
export const NEVER = MaxUint256;
export const FEE = 30n;

export interface Key {
  readonly token0: string;
  readonly token1: string;
  readonly fee: bigint;
}

export interface DexFixture {
  readonly ethers: Connection["ethers"];
  readonly helpers: Connection["networkHelpers"];
  readonly dex: DePinDex;
  /** Three ordinary tokens in the order of their addresses. */
  readonly tokens: readonly [PlainToken, PlainToken, PlainToken];
  readonly owner: HardhatEthersSigner;
  readonly provider: HardhatEthersSigner;
  readonly trader: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  /** A token with odd habits, in the hands of provider and trader, who approved the exchange. */
  odd(): Promise<OddToken>;
  key(a: { getAddress(): Promise<string> }, b: { getAddress(): Promise<string> }, fee?: bigint): Promise<Key>;
  /** The provider's deposit. */
  add(key: Key, maxAmount0: bigint, maxAmount1: bigint): ReturnType<DePinDex["addLiquidity"]>;
}

/** Id of a pool and of its shares. */
export function poolId({ token0, token1, fee }: Key): bigint {
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["address", "address", "uint16"], [token0, token1, fee])));
}

/** An exchange without pools, and funded parties that approved it without limit. */
export async function deployDexFixture(): Promise<DexFixture> {
  const { ethers, networkHelpers: helpers } = await hre.network.create();
  const [owner, provider, trader, stranger] = await ethers.getSigners();
  if (!owner || !provider || !trader || !stranger) throw new Error("too few accounts");
  const deploy = async (name: string, ...args: unknown[]): Promise<unknown> => await ethers.deployContract(name, args);
  const dex = (await deploy("DePinDex", owner)) as DePinDex;
  const fund = async (token: PlainToken | OddToken): Promise<void> => {
    for (const holder of [provider, trader]) {
      await token.mint(holder, 2n ** 120n);
      await token.connect(holder).approve(dex, MaxUint256);
    }
  };
  const made: [bigint, PlainToken][] = [];
  for (const decimals of [18, 12, 6]) {
    const token = (await deploy("PlainToken", decimals)) as PlainToken;
    await fund(token);
    made.push([BigInt(await token.getAddress()), token]);
  }
  const [first, second, third] = made.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, token]) => token);
  if (!first || !second || !third) throw new Error("three tokens were deployed");
  const odd = async (): Promise<OddToken> => {
    const token = (await deploy("OddToken")) as OddToken;
    await fund(token);
    return token;
  };
  const key: DexFixture["key"] = async (a, b, fee = FEE) => {
    const [x, y] = [await a.getAddress(), await b.getAddress()];
    return BigInt(x) < BigInt(y) ? { token0: x, token1: y, fee } : { token0: y, token1: x, fee };
  };
  const add: DexFixture["add"] = (poolKey, maxAmount0, maxAmount1) =>
    dex
      .connect(provider)
      .addLiquidity({ key: poolKey, maxAmount0, maxAmount1, minShares: 0n, to: provider, deadline: NEVER });
  return { ethers, helpers, dex, tokens: [first, second, third], owner, provider, trader, stranger, odd, key, add };
}
