import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, parseEther, type BigNumberish, type ContractTransactionResponse } from "ethers";

import type { LiquidityMining } from "../../protocol/chain/generated/exchange/LiquidityMining.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";
import { deployDexFixture, poolId, type DexFixture } from "./dex-fixture.ts";

export const MAX_RATE = parseEther("1");
/** Shares of each pool that each staker holds at first. */
export const SHARES = 10n ** 24n;

export interface MiningFixture extends DexFixture {
  readonly orion: OrionToken;
  readonly mining: LiquidityMining;
  /** Ids of two pools. */
  readonly pools: readonly [bigint, bigint];
  /** Holders of shares of both pools, who made the mining contract their operator. */
  readonly stakers: readonly [HardhatEthersSigner, HardhatEthersSigner, HardhatEthersSigner];
  /** Holds ORION and has approved the mining contract. */
  readonly payer: HardhatEthersSigner;
  /** Sends a call that is mined `seconds` after the latest block. */
  after(seconds: number, call: () => Promise<ContractTransactionResponse>): Promise<ContractTransactionResponse>;
  deposit(staker: HardhatEthersSigner, shares: BigNumberish, pool?: bigint): Promise<ContractTransactionResponse>;
  withdraw(staker: HardhatEthersSigner, shares: BigNumberish, pool?: bigint): Promise<ContractTransactionResponse>;
  harvest(staker: HardhatEthersSigner, pool?: bigint): Promise<ContractTransactionResponse>;
  exit(staker: HardhatEthersSigner, pool?: bigint): Promise<ContractTransactionResponse>;
  fund(amount: bigint, pool?: bigint): Promise<ContractTransactionResponse>;
  earned(staker: HardhatEthersSigner, pool?: bigint): Promise<bigint>;
  /** Brings the fixture back to the state in which it was made. */
  reset(): Promise<void>;
}

/** Two pools, the first of which the calls below mean, and farms without rate and budget. */
export async function deployMiningFixture(): Promise<MiningFixture> {
  const f = await deployDexFixture();
  const [, , , , second, third] = await f.ethers.getSigners();
  if (second === undefined || third === undefined) throw new Error("too few accounts");
  const payer = f.owner;
  const orion = await f.ethers.deployContract("OrionToken", [payer]);
  const args = [f.dex, orion, f.owner, MAX_RATE];
  const mining = await f.ethers.deployContract("LiquidityMining", args);
  const stakers = [f.provider, second, third] as const;
  await orion.connect(payer).approve(mining, MaxUint256);
  const [a, b, c] = f.tokens;
  const keys = [await f.key(a, b), await f.key(b, c)] as const;
  for (const key of keys) {
    await f.add(key, 4n * SHARES, 4n * SHARES);
    for (const staker of stakers.slice(1)) await f.dex.connect(f.provider).transfer(staker, poolId(key), SHARES);
    const rest = (await f.dex.balanceOf(f.provider, poolId(key))) - SHARES;
    await f.dex.connect(f.provider).transfer(f.stranger, poolId(key), rest);
  }
  for (const staker of stakers) await f.dex.connect(staker).setOperator(mining, true);
  const pools = [poolId(keys[0]), poolId(keys[1])] as const;
  const [first] = pools;
  const snapshot = await f.helpers.takeSnapshot();
  return {
    ...f,
    ...{ orion, mining, pools, stakers, payer },
    after: async (seconds, call) => {
      await f.helpers.time.setNextBlockTimestamp((await f.helpers.time.latest()) + seconds);
      return await call();
    },
    deposit: (staker, shares, pool = first) => mining.connect(staker).deposit(pool, shares),
    withdraw: (staker, shares, pool = first) => mining.connect(staker).withdraw(pool, shares),
    harvest: (staker, pool = first) => mining.connect(staker).harvest(pool, staker),
    exit: (staker, pool = first) => mining.connect(staker).exit(pool),
    fund: (amount, pool = first) => mining.connect(payer).fund(pool, amount),
    earned: async (staker, pool = first) => (await mining.stakeOf(pool, staker)).earned,
    reset: () => snapshot.restore(),
  };
}
