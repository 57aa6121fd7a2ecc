import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, type ContractTransactionResponse } from "ethers";

import { loadParameters, type Parameters } from "@orion/deploy";

import type { ComputeCredits } from "../../protocol/chain/generated/credits/ComputeCredits.js";
import type { DePinDex } from "../../protocol/chain/generated/exchange/DePinDex.js";
import type { OrionToken } from "../../protocol/chain/generated/token/OrionToken.js";

import { NEVER, type Key } from "./dex-fixture.ts";
import { CU, DAY, ORION } from "./market-fixture.ts";

export const MAX_UINT128 = 2n ** 128n - 1n;
export const HOUR = 3600;
/** Seconds between two blocks of a scenario. */
export const BLOCK = 12;
const FEE = 30n;
/** Enough for any call, so that nothing is estimated while no block is mined. */
const GAS = { gasLimit: 3_000_000 } as const;

type Connection = Awaited<ReturnType<typeof hre.network.create>>;

export interface CreditsFixture {
  readonly ethers: Connection["ethers"];
  readonly time: Connection["networkHelpers"]["time"];
  readonly parameters: Parameters["Orion"];
  readonly orion: OrionToken;
  readonly dex: DePinDex;
  readonly credits: ComputeCredits;
  readonly key: Key;
  readonly pool: bigint;
  /** Owner of the contracts, treasury, first provider of liquidity. */
  readonly owner: HardhatEthersSigner;
  /** Holders of ORION that approved everything. */
  readonly minter: HardhatEthersSigner;
  readonly holder: HardhatEthersSigner;
  readonly attacker: HardhatEthersSigner;
  /** The owner, who is the treasury, opens the canonical pool with so many credits, at a price of `price` ORION wei per CU. */
  provide(credits: bigint, price: bigint): Promise<void>;
  /** Puts ORION and CU of a signer into the pool, in its ratio. */
  add(from: HardhatEthersSigner, orion: bigint, credits: bigint): Promise<ContractTransactionResponse>;
  /** Takes a part (of 10,000) of a signer's shares out. */
  remove(from: HardhatEthersSigner, part?: bigint): Promise<ContractTransactionResponse>;
  /** Sells CU for ORION. */
  sell(from: HardhatEthersSigner, credits: bigint): Promise<ContractTransactionResponse>;
  /** Spends exactly so much ORION on CU. */
  buy(from: HardhatEthersSigner, orion: bigint): Promise<ContractTransactionResponse>;
  /** Mints to the minter itself, for ten days. */
  mint(from: HardhatEthersSigner, debt: bigint, term?: number): Promise<bigint>;
  /** Mints so much for 30 days over as many hours as the quota makes of it, with an observation in each. */
  gather(from: HardhatEthersSigner, debt: bigint): Promise<void>;
  observe(): Promise<ContractTransactionResponse>;
  /** So many hours pass, with an observation at the end of each. */
  hours(count: number): Promise<void>;
  /** The clock goes to so many seconds before the next hour begins, of whose beginning the pool will keep an observation. */
  beforeHour(seconds: number): Promise<void>;
  /** A week passes, its last day with an observation each hour: the price of a deep pool is live then. */
  week(): Promise<void>;
  /** Sends the transactions in one block. */
  inOneBlock(...sending: (() => Promise<ContractTransactionResponse>)[]): Promise<void>;
  /** ORION and CU in the pool. */
  reserves(): Promise<{ orion: bigint; credits: bigint }>;
  /** Locks of a signer's position, debt and balances. */
  purse(of: HardhatEthersSigner): Promise<{ orion: bigint; credits: bigint }>;
  lockOf(id: bigint): Promise<bigint>;
  floor(): Promise<bigint>;
  /** For beforeEach: takes the state back when called. */
  mark(): Promise<() => Promise<void>>;
}

/**
 * Exchange and credits alone, without market, with the named parameters. `creditsFirst` says which of the pool's tokens is token0: it depends on
 * addresses, so every rule must hold in both orders.
 */
export async function deployCreditsFixture({
  creditsFirst = true,
  network = "local",
  caps = {},
}: {
  creditsFirst?: boolean;
  network?: ParameterSet;
  caps?: Partial<Record<"creditsFloor" | "creditsCap" | "creditsBootstrapCap" | "creditsMinDepth", bigint>>;
} = {}): Promise<CreditsFixture> {
  const { ethers, networkHelpers } = await hre.network.create();
  const [owner, minter, holder, attacker] = await ethers.getSigners();
  if (!owner || !minter || !holder || !attacker) throw new Error("too few accounts");
  const parameters = { ...(await loadParameters(network)).Orion, ...caps };
  const deploy = async (name: string, ...args: unknown[]): Promise<unknown> => await ethers.deployContract(name, args);
  const orion = (await deploy("OrionToken", owner)) as OrionToken;
  const dex = (await deploy("DePinDex", owner)) as DePinDex;
  const p = parameters;
  const values = [p.creditsFloor, p.creditsCap, p.creditsBootstrapCap, p.creditsMinDepth];
  const orionAddress = await orion.getAddress();
  let credits: ComputeCredits;
  let address: string;
  do {
    credits = (await deploy("ComputeCredits", orion, dex, owner, owner, ...values)) as ComputeCredits;
    address = await credits.getAddress();
  } while (BigInt(address) < BigInt(orionAddress) !== creditsFirst);
  const [token0, token1] = creditsFirst ? [address, orionAddress] : [orionAddress, address];
  const key = { token0, token1, fee: FEE };
  for (const who of [minter, holder, attacker]) await orion.transfer(who, 9_000_000n * ORION);
  for (const who of [owner, minter, holder, attacker]) {
    for (const token of [orion, credits]) await token.connect(who).approve(dex, MaxUint256);
    await orion.connect(who).approve(credits, MaxUint256);
  }
  const { time } = networkHelpers;
  // Ten minutes into an hour: observations are of the hours of the clock.
  await time.increaseTo((Math.floor((await time.latest()) / HOUR) + 1) * HOUR + 600);
  const pool = await credits.POOL();

  const actions = poolActions({ dex, pool, key, creditsFirst, orionAddress, address });
  const f: CreditsFixture = {
    ...{ ethers, time, parameters, orion, dex, credits, key, pool, owner, minter, holder, attacker },
    ...actions,
    async provide(amount, price) {
      await credits.open(amount, (amount * price) / CU);
    },
    async mint(from, debt, term = 10 * DAY) {
      await credits.connect(from).mint(debt, term, MAX_UINT128, from);
      return await credits.positions();
    },
    async gather(from, debt) {
      for (let left = debt; left > 0n;) {
        const room = await credits.mintable();
        const part = room < left ? room : left;
        if (part > 0n) await f.mint(from, part, 30 * DAY);
        left -= part;
        if (left > 0n) await f.hours(1);
      }
    },
    async hours(count) {
      for (let hour = 0; hour < count; hour += 1) {
        await time.increase(HOUR);
        await actions.observe();
      }
    },
    async beforeHour(seconds) {
      const now = await time.latest();
      await time.increaseTo((Math.floor((now + seconds) / HOUR) + 1) * HOUR - seconds);
    },
    async week() {
      await time.increase(6 * DAY + HOUR);
      await f.hours(24);
    },
    async inOneBlock(...sending) {
      await ethers.provider.send("evm_setAutomine", [false]);
      const sent = [];
      for (const send of sending) sent.push(await send());
      await ethers.provider.send("evm_setAutomine", [true]);
      await ethers.provider.send("evm_mine", []);
      const blocks = new Set<number | undefined>();
      for (const one of sent) blocks.add((await one.wait())?.blockNumber);
      if (blocks.size !== 1) throw new Error("not in one block");
    },
    async purse(of) {
      return { orion: await orion.balanceOf(of), credits: await credits.balanceOf(of) };
    },
    lockOf: async (id) => (await credits.position(id)).lock,
    floor: async () => (await credits.parameters()).floor,
    async mark() {
      const snapshot = (await ethers.provider.send("evm_snapshot", [])) as string;
      return async () => {
        await ethers.provider.send("evm_revert", [snapshot]);
      };
    },
  };
  return f;
}

type Actions = Pick<CreditsFixture, "add" | "remove" | "sell" | "buy" | "observe" | "reserves">;

function poolActions(c: {
  dex: DePinDex;
  pool: bigint;
  key: Key;
  creditsFirst: boolean;
  orionAddress: string;
  address: string;
}): Actions {
  const { dex, pool, key, creditsFirst, orionAddress, address } = c;
  const swap = (from: HardhatEthersSigner, amountIn: bigint, tokenIn: string, tokenOut: string) =>
    dex.connect(from).swapExactIn(
      {
        ...{ tokenIn, hops: [{ tokenOut, fee: FEE }], amountIn, minOut: 0n },
        ...{ to: from, deadline: NEVER },
      },
      GAS,
    );
  return {
    add(from, amount, other) {
      const [maxAmount0, maxAmount1] = creditsFirst ? [other, amount] : [amount, other];
      const params = { key, maxAmount0, maxAmount1, minShares: 0n, to: from, deadline: NEVER };
      return dex.connect(from).addLiquidity(params, GAS);
    },
    async remove(from, part = 10_000n) {
      const shares = ((await dex.balanceOf(from, pool)) * part) / 10_000n;
      const params = { key, shares, minAmount0: 0n, minAmount1: 0n, to: from, deadline: NEVER };
      return await dex.connect(from).removeLiquidity(params, GAS);
    },
    sell: (from, amount) => swap(from, amount, address, orionAddress),
    buy: (from, amount) => swap(from, amount, orionAddress, address),
    observe: () => dex.observe(pool, GAS),
    async reserves() {
      const [reserve0, reserve1] = await dex.reservesOf(pool);
      return creditsFirst ? { orion: reserve1, credits: reserve0 } : { orion: reserve0, credits: reserve1 };
    },
  };
}

/** Each suite runs with the pool's tokens in both orders. */
export function inBothOrders(suite: (creditsFirst: boolean) => void): void {
  for (const creditsFirst of [true, false]) {
    describe(`with ${creditsFirst ? "credits" : "ORION"} as token0 of the pool`, () => {
      suite(creditsFirst);
    });
  }
}

export type ParameterSet = "local" | "mainnet";

/** Each suite runs in both orders with the parameters of a chain of this machine, and with those of the mainnet. */
export function withBothParameters(suite: (options: { creditsFirst: boolean; network: ParameterSet }) => void): void {
  inBothOrders((creditsFirst) => {
    suite({ creditsFirst, network: "local" });
  });
  describe("with the parameters of the mainnet", () => {
    suite({ creditsFirst: true, network: "mainnet" });
  });
}

/** Asserts that two amounts differ by a millionth at most: the exchange rounds its sums of logarithms at each change. */
export function expectAbout(actual: bigint, expected: bigint, perBillion = 1_000n): void {
  const distance = actual > expected ? actual - expected : expected - actual;
  if (distance * 1_000_000_000n > expected * perBillion + 1_000_000_000n) {
    throw new Error(`${String(actual)} is not about ${String(expected)}`);
  }
}
