import { MaxUint256, isError } from "ethers";

import type { SimChain } from "./chain.ts";
import { SimulationError } from "./errors.ts";
import { FEE_TIER, type Contracts } from "./contracts.ts";
import { book, burnDebt, purseOf, type Position, type Purse } from "./ledger.ts";
import { addLiquidity, amountIn, buyCu, removeLiquidity, sellCu, spendOrion, spotPrice } from "./pool.ts";
import { Random } from "./random.ts";
import type { State, View } from "./state.ts";
import { HOUR, fromCu, fromOrion } from "./units.ts";

const NEVER = MaxUint256;
/** One part in so many. */
const LOCK_MARGIN = 100_000n;
const MAX_UINT128 = MaxUint256 >> 128n;

/**
 * The market as its agents see it: what they can read, and the public functions of the contracts that they can call. A swap is quoted by the
 * pool as it will stand when the call's turn comes, which whoever reads the transactions that wait knows too.
 */
export class World {
  readonly chain: SimChain;
  readonly contracts: Contracts;
  state: State;

  constructor(chain: SimChain, contracts: Contracts, state: State) {
    this.chain = chain;
    this.contracts = contracts;
    this.state = state;
  }

  get view(): View {
    return this.state.view;
  }

  /** Marginal price in ORION and in US dollars per CU. */
  get price(): number {
    return spotPrice(this.state.pool);
  }

  get priceUsd(): number {
    return this.price * this.view.orionUsd;
  }

  purse(address: string): Purse {
    return purseOf(this.state.ledger, address);
  }

  positionsOf(owner: string): Position[] {
    return [...this.state.ledger.positions.values()].filter((position) => position.owner === owner);
  }

  pay(address: string, usd: number): void {
    this.state.usd.set(address, (this.state.usd.get(address) ?? 0) + usd);
  }

  /** Draws from the run's random numbers. */
  draw<T>(use: (random: Random) => T): T {
    const random = new Random(this.state.random);
    const drawn = use(random);
    this.state.random = random.state;
    return drawn;
  }

  /** Buys ORION for US dollars in the market outside, which has no spread: the treasury stands for it. */
  async buyOutside(address: string, orion: bigint): Promise<void> {
    if (orion <= 0n) return;
    this.pay(address, -fromOrion(orion) * this.view.orionUsd);
    await this.transferOrion(this.contracts.treasury, address, orion);
  }

  async sellOutside(address: string, orion: bigint): Promise<void> {
    if (orion <= 0n) return;
    this.pay(address, fromOrion(orion) * this.view.orionUsd);
    await this.transferOrion(address, this.contracts.treasury, orion);
  }

  async transferOrion(from: string, to: string, amount: bigint): Promise<void> {
    const { orion, at } = this.contracts;
    await this.chain.send(from, at.orion, orion.interface.encodeFunctionData("transfer", [to, amount]), "transfer");
  }

  /** Sells CU; returns the ORION that come in. */
  async sellCu(from: string, cu: bigint): Promise<bigint> {
    const out = sellCu(this.state.pool, cu);
    this.#traded(out);
    await this.#swap(from, "swapExactIn", this.contracts.at.credits, this.contracts.at.orion, cu, out);
    return out;
  }

  /** Buys exactly so many CU; returns the ORION that go out. */
  async buyCu(from: string, cu: bigint): Promise<bigint> {
    const cost = this.bookPurchase(cu);
    await this.#swap(from, "swapExactOut", this.contracts.at.orion, this.contracts.at.credits, cu, cost);
    return cost;
  }

  /** Buys CU for exactly so many ORION; returns the CU. */
  async spendOrion(from: string, orion: bigint): Promise<bigint> {
    const out = spendOrion(this.state.pool, orion);
    this.#traded(orion);
    await this.#swap(from, "swapExactIn", this.contracts.at.orion, this.contracts.at.credits, orion, out);
    return out;
  }

  /** Books a purchase that another contract makes; returns what it costs. */
  bookPurchase(cu: bigint): bigint {
    const cost = buyCu(this.state.pool, cu);
    this.#traded(cost);
    return cost;
  }

  /** What exactly so many CU would cost now. */
  costOf(cu: bigint): bigint {
    const { orion, cu: reserve } = this.state.pool;
    return cu >= reserve ? MAX_UINT128 : amountIn(cu, orion, reserve);
  }

  async mint(owner: string, debt: bigint, term: number, maxCost: bigint): Promise<void> {
    this.state.day.minted += fromCu(debt);
    await this.#credits(owner, "mint", [debt, term, maxCost, owner]);
  }

  /** CU that may be minted after everything that was sent: what the cap and the hour's quota leave. */
  async mintableNow(): Promise<bigint> {
    return await this.contracts.credits.mintable({ blockTag: "pending" });
  }

  /** Most ORION that so many CU cost if they are minted now, within the quota: lock and fee. */
  async costOfMint(debt: bigint, term: number): Promise<{ lock: bigint; cost: bigint }> {
    const { lock, fee } = await this.contracts.credits.quoteMint(debt, term, { blockTag: "pending" });
    return { lock, cost: lock + fee + lock / LOCK_MARGIN + 2n };
  }

  /** Most ORION that a roll costs now, top-up and fee; undefined where the position may not be rolled now. */
  async costOfRoll(position: Position, term: number): Promise<bigint | undefined> {
    const { credits } = this.contracts;
    try {
      const { topUp, fee } = await credits.quoteRoll(position.id, term, { blockTag: "pending" });
      return topUp + fee + position.lock / LOCK_MARGIN + 2n;
    } catch (error) {
      // Too early in a thin pool, or for too short a time.
      if (isError(error, "CALL_EXCEPTION")) return undefined;
      throw error;
    }
  }

  /** Returns the ORION that come free. */
  async redeem(position: Position, amount: bigint): Promise<bigint> {
    this.state.day.redeemed += fromCu(amount);
    await this.#credits(position.owner, "redeem", [position.id, amount]);
    return burnDebt(position, amount);
  }

  async roll(position: Position, term: number, maxCost: bigint): Promise<void> {
    await this.#credits(position.owner, "roll", [position.id, term, maxCost]);
  }

  async deliver(from: string, position: Position, amount: bigint): Promise<void> {
    this.state.day.delivered += fromCu(amount);
    await this.#credits(from, "deliver", [position.id, amount]);
    burnDebt(position, amount);
  }

  /** Deposits at most these amounts in the pool's ratio. */
  async addLiquidity(from: string, orion: bigint, cu: bigint): Promise<{ orion: bigint; cu: bigint; shares: bigint }> {
    const { dex, at, key } = this.contracts;
    const added = addLiquidity(this.state.pool, orion, cu);
    const [maxAmount0, maxAmount1] = key.token0 === at.orion ? [orion, cu] : [cu, orion];
    const add = { key, maxAmount0, maxAmount1, minShares: added.shares, to: from, deadline: NEVER };
    await this.chain.send(from, at.dex, dex.interface.encodeFunctionData("addLiquidity", [add]), "add liquidity");
    return added;
  }

  async removeLiquidity(from: string, shares: bigint): Promise<{ orion: bigint; cu: bigint }> {
    const { dex, at, key } = this.contracts;
    const removed = removeLiquidity(this.state.pool, shares);
    const { orion, cu } = removed;
    const [minAmount0, minAmount1] = key.token0 === at.orion ? [orion, cu] : [cu, orion];
    const remove = { key, shares, minAmount0, minAmount1, to: from, deadline: NEVER };
    const data = dex.interface.encodeFunctionData("removeLiquidity", [remove]);
    await this.chain.send(from, at.dex, data, "remove liquidity");
    return removed;
  }

  async farm(from: string, what: "deposit" | "withdraw", shares: bigint): Promise<void> {
    const { mining, at, poolId } = this.contracts;
    const data = mining.interface.encodeFunctionData(what as "deposit", [poolId, shares]);
    await this.chain.send(from, at.mining, data, `farm ${what}`);
  }

  async harvest(from: string): Promise<void> {
    const { mining, at, poolId } = this.contracts;
    const data = mining.interface.encodeFunctionData("harvest", [poolId, from]);
    await this.chain.send(from, at.mining, data, "harvest");
  }

  async stake(from: string, amount: bigint): Promise<void> {
    const { registry, at } = this.contracts;
    const data = registry.interface.encodeFunctionData("stake", [from, at.market, amount]);
    await this.chain.send(from, at.registry, data, "stake");
  }

  async unstake(from: string, amount: bigint): Promise<void> {
    const { registry, at } = this.contracts;
    const data = registry.interface.encodeFunctionData("withdraw", [at.market, amount, from]);
    await this.chain.send(from, at.registry, data, "unstake");
  }

  async transferCu(from: string, to: string, amount: bigint): Promise<void> {
    const { credits, at } = this.contracts;
    await this.chain.send(from, at.credits, credits.interface.encodeFunctionData("transfer", [to, amount]), "transfer");
  }

  /** Lets the pool keep an observation, as the upkeep of a quiet pool does. */
  async observe(from: string): Promise<void> {
    const { dex, at, poolId } = this.contracts;
    await this.chain.send(from, at.dex, dex.interface.encodeFunctionData("observe", [poolId]), "observe");
  }

  /** Makes an address an agent: it may send, and has approved the contracts that it uses. */
  async admit(address: string): Promise<void> {
    const { orion, credits, registry, dex, at } = this.contracts;
    await this.chain.admit(address);
    const approve = async (token: "orion" | "credits", spender: string): Promise<void> => {
      const data = (token === "orion" ? orion : credits).interface.encodeFunctionData("approve", [spender, NEVER]);
      await this.chain.send(address, at[token], data, "approve");
    };
    for (const spender of [at.credits, at.dex, at.registry, at.buyAndPost]) await approve("orion", spender);
    for (const spender of [at.dex, at.market]) await approve("credits", spender);
    const authorise = registry.interface.encodeFunctionData("authorise", [at.market, true]);
    await this.chain.send(address, at.registry, authorise, "authorise");
    const operator = dex.interface.encodeFunctionData("setOperator", [at.mining, true]);
    await this.chain.send(address, at.dex, operator, "set operator");
  }

  /** Mines what was sent, `seconds` after the block before, and books what happened. */
  async mine(seconds = HOUR): Promise<void> {
    const { state, contracts } = this;
    book(state.ledger, contracts, await this.chain.mine(this.chain.now + seconds));
    const { reserves } = state.ledger;
    if (reserves.orion !== state.pool.orion || reserves.cu !== state.pool.cu) {
      const told = `${reserves.orion} and ${reserves.cu}, not ${state.pool.orion} and ${state.pool.cu}`;
      throw new SimulationError(`the exchange does not reckon as agents do: its reserves are ${told}`);
    }
  }

  #traded(orion: bigint): void {
    this.state.day.volumeOrion += fromOrion(orion);
  }

  async #swap(
    from: string,
    what: "swapExactIn" | "swapExactOut",
    tokenIn: string,
    tokenOut: string,
    exact: bigint,
    limit: bigint,
  ): Promise<void> {
    const { dex, at } = this.contracts;
    const common = { tokenIn, hops: [{ tokenOut, fee: FEE_TIER }], to: from, deadline: NEVER };
    const data =
      what === "swapExactIn"
        ? dex.interface.encodeFunctionData(what, [{ ...common, amountIn: exact, minOut: limit }])
        : dex.interface.encodeFunctionData(what, [{ ...common, amountOut: exact, maxIn: limit }]);
    await this.chain.send(from, at.dex, data, what);
  }

  async #credits(from: string, what: "mint" | "redeem" | "roll" | "deliver", values: unknown[]): Promise<void> {
    const { credits, at } = this.contracts;
    const data = credits.interface.encodeFunctionData(what as "mint", values as never);
    await this.chain.send(from, at.credits, data, what);
  }
}
