/** Fractional bits of the model: so many that what it cuts off never shows. */
const FRACTION = 512n;

/** What one pool's farm must do, in exact arithmetic: every share earns its part of each second, with no rounding in between. */
export interface MiningModel {
  setRate(time: number, rate: bigint): void;
  fund(time: number, amount: bigint): void;
  stake(time: number, account: string, change: bigint): void;
  /** The contract paid `amount`. */
  paid(time: number, account: string, amount: bigint): void;
  /** The contract took `amount` of earnings back into the budget. */
  exit(time: number, account: string, amount: bigint): void;
  /** Earned and not paid, rounded down. */
  earned(time: number, account: string): bigint;
  budget(time: number): bigint;
  staked(account: string): bigint;
}

export function miningModel(start: number): MiningModel {
  const stakes = new Map<string, bigint>();
  const earnings = new Map<string, bigint>();
  let [rate, budget, last] = [0n, 0n, start];
  const total = (): bigint => [...stakes.values()].reduce((sum, shares) => sum + shares, 0n);
  const stakeOf = (account: string): bigint => stakes.get(account) ?? 0n;
  const earningsOf = (account: string): bigint => earnings.get(account) ?? 0n;
  const pass = (time: number): void => {
    const due = rate * BigInt(time - last);
    last = time;
    const all = total();
    if (all === 0n) return;
    const accrued = due < budget ? due : budget;
    budget -= accrued;
    for (const [account, shares] of stakes) {
      earnings.set(account, earningsOf(account) + ((accrued * shares) << FRACTION) / all);
    }
  };
  return {
    setRate(time, next) {
      pass(time);
      rate = next;
    },
    fund(time, amount) {
      pass(time);
      budget += amount;
    },
    stake(time, account, change) {
      pass(time);
      stakes.set(account, stakeOf(account) + change);
    },
    paid(time, account, amount) {
      pass(time);
      earnings.set(account, earningsOf(account) - (amount << FRACTION));
    },
    exit(time, account, amount) {
      pass(time);
      budget += amount;
      stakes.set(account, 0n);
      earnings.set(account, 0n);
    },
    earned(time, account) {
      pass(time);
      // A unit of the last place for every division that was cut.
      return (earningsOf(account) + (1n << (FRACTION / 2n))) >> FRACTION;
    },
    budget(time) {
      pass(time);
      return budget;
    },
    staked: stakeOf,
  };
}
