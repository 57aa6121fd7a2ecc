import { lockPerCu } from "../agents/provider.ts";
import type { Driver } from "../driver.ts";
import type { Position } from "../ledger.ts";
import { amountOut, cuToReach, orionToReach } from "../pool.ts";
import { addressOf } from "../setup.ts";
import { CU, HOUR, least } from "../units.ts";
import type { World } from "../world.ts";

/** Hours, and purchases an hour, in which positions are bought free at the end. */
const UNWINDING = 24;
const ROUNDS = 6;

/** How an attack went. */
export interface Outcome {
  /** Whether the capital sufficed to carry it out. */
  readonly done: boolean;
  readonly notes: Readonly<Record<string, number>>;
}

export interface Attack {
  readonly name: string;
  readonly title: string;
  /** ORION to try it with. */
  readonly capitals: readonly number[];
  run(attacker: Attacker, capital: bigint): Promise<Outcome>;
}

/** Somebody with ORION who knows what it has after each of its own transactions. */
export class Attacker {
  readonly driver: Driver;
  readonly address: string;
  orion = 0n;
  cu = 0n;

  constructor(driver: Driver, name = "attacker") {
    this.driver = driver;
    this.address = addressOf(name);
  }

  get world(): World {
    return this.driver.world;
  }

  get positions(): Position[] {
    return this.world.positionsOf(this.address);
  }

  /** Brings it into the market with so many ORION, in a block of its own. */
  async arrive(capital: bigint): Promise<void> {
    await this.world.admit(this.address);
    await this.world.transferOrion(this.world.contracts.treasury, this.address, capital);
    await this.world.mine(1);
    this.count();
  }

  /** An hour, or less, of everybody; its own transactions come first. */
  async hour(act?: () => Promise<void>, seconds = HOUR): Promise<void> {
    await this.driver.hour(async () => {
      this.count();
      await act?.();
    }, seconds);
    this.count();
  }

  async hours(count: number, act?: () => Promise<void>): Promise<void> {
    for (let i = 0; i < count; i++) await this.hour(act);
  }

  /** CU that so many ORION buy now. */
  affordable(orion: bigint): bigint {
    const { pool } = this.world.state;
    return amountOut(orion, pool.orion, pool.cu);
  }

  /** What the chain says that it has. */
  count(): void {
    ({ orion: this.orion, cu: this.cu } = this.world.purse(this.address));
  }

  /** CU that its ORION can mint now. */
  mintable(orion = this.orion): bigint {
    // The fee of a full quota is 2% of the lock at the margin.
    return (orion * CU * 979n) / (this.world.view.collateral * 1_000n);
  }

  /** CU that its ORION can mint and that cap and quota allow, after everything that was sent; zero where that is not worth a transaction. */
  async room(orion = this.orion): Promise<bigint> {
    const debt = least(this.mintable(orion), await this.world.mintableNow());
    return debt < CU / 1_000n ? 0n : debt;
  }

  /** Returns the position that this makes, whose number is known because an attacker's transactions come first. */
  async mint(debt: bigint, term: number): Promise<Position> {
    const { ledger, view } = this.world.state;
    const { lock, cost } = await this.world.costOfMint(debt, term);
    await this.world.mint(this.address, debt, term, cost);
    this.orion -= cost;
    this.cu += debt;
    const promised = { promisedDebt: debt, promisedLock: lock };
    const position = { id: ++ledger.newest, owner: this.address, end: view.time + term, debt, lock, ...promised };
    ledger.positions.set(position.id, position);
    return position;
  }

  async sell(cu: bigint): Promise<void> {
    if (cu <= 0n) return;
    this.cu -= cu;
    this.orion += await this.world.sellCu(this.address, cu);
  }

  async buy(cu: bigint): Promise<void> {
    if (cu <= 0n) return;
    this.cu += cu;
    this.orion -= await this.world.buyCu(this.address, cu);
  }

  async spend(orion: bigint): Promise<void> {
    if (orion <= 0n) return;
    this.orion -= orion;
    this.cu += await this.world.spendOrion(this.address, orion);
  }

  async redeem(position: Position, amount: bigint): Promise<void> {
    if (amount <= 0n) return;
    this.cu -= amount;
    this.orion += await this.world.redeem(position, amount);
  }

  /**
   * Turns what it has into ORION within so many hours: CU free the locks of its positions where these are worth more, else they are sold, no
   * faster than the price recovers from `floor` ORION per CU. At the end positions that lock more than CU cost are bought free.
   */
  async liquidate(hours: number, floor: number): Promise<void> {
    for (let i = 0; i < hours && (this.cu > CU || i === 0); i++) await this.hour(() => this.#sellAbove(floor));
    for (let i = 0; i < UNWINDING && this.positions.length > 0; i++) await this.hour(() => this.#unwind());
    await this.hour(() => this.sell(this.cu));
  }

  async #sellAbove(floor: number): Promise<void> {
    await this.#redeemAll();
    await this.sell(least(this.cu, cuToReach(this.world.state.pool, floor)));
  }

  /** Redeems positions that lock more for a CU than it would bring. */
  async #redeemAll(): Promise<void> {
    for (const position of this.positions) {
      if (this.cu === 0n || lockPerCu(position) <= this.world.price) continue;
      await this.redeem(position, least(this.cu, position.debt));
    }
  }

  /** Buys CU and frees locks with them, over and over, while they cost less than they free. */
  async #unwind(): Promise<void> {
    await this.#redeemAll();
    for (let i = 0; i < ROUNDS; i++) {
      const [best] = this.positions.filter(({ debt }) => debt > 0n).sort((a, b) => lockPerCu(b) - lockPerCu(a));
      if (best === undefined) return;
      const worthwhile = this.affordable(orionToReach(this.world.state.pool, lockPerCu(best) * 0.99));
      const amount = least(best.debt, least(worthwhile, this.affordable((this.orion * 99n) / 100n)));
      if (amount < CU && amount < best.debt) return;
      await this.buy(amount);
      await this.redeem(best, amount);
    }
  }
}
