import { expect } from "chai";
import fc from "fast-check";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { MAX_RATE, SHARES, deployMiningFixture, type MiningFixture } from "../../support/mining-fixture.ts";
import { miningModel, type MiningModel } from "../../support/mining-model.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const RUNS = 15 * FACTOR;

/** Every magnitude alike. */
const upTo = (zeros: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.bigInt({ min: 1n, max: 999n }), fc.integer({ min: 0, max: zeros - 2 }))
    .map(([digits, zeros]) => digits * 10n ** BigInt(zeros));

const step = fc.record({
  kind: fc.constantFrom("deposit", "deposit", "withdraw", "withdrawAll", "harvest", "harvest", "exit", "fund", "rate"),
  pool: fc.integer({ min: 0, max: 1 }),
  staker: fc.integer({ min: 0, max: 2 }),
  shares: upTo(22),
  amount: upTo(24),
  rate: upTo(18),
  seconds: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 10_000_000 })),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One pool's model, and the settlings of each stake since its last exit: each may cut off less than a wei. */
interface Books {
  readonly id: bigint;
  readonly model: MiningModel;
  readonly cuts: Map<string, bigint>;
  funded: bigint;
  paid: bigint;
}

describe("LiquidityMining beside an exact model", function () {
  this.timeout(180_000);
  let f: MiningFixture;

  before(async () => {
    f = await deployMiningFixture();
  });

  it("pays every stake its part to within the wei that each settling cuts off, and never above", async () => {
    const reached = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 25, maxLength: 40 }), async (steps) => {
        await f.reset();
        const start = await f.helpers.time.latest();
        const books = f.pools.map((id): Books => ({
          id,
          model: miningModel(start),
          cuts: new Map(),
          funded: 0n,
          paid: 0n,
        }));
        for (const each of steps) {
          const book = books[each.pool];
          const staker = f.stakers[each.staker];
          if (book === undefined || staker === undefined) throw new Error("pools and stakers are counted from zero");
          const name = await take(each, book, staker);
          reached.set(name, (reached.get(name) ?? 0) + 1);
          for (const one of books) await compare(one);
        }
        await solvent(books);
      }),
      { numRuns: RUNS },
    );
    const all = ["deposit", "withdraw", "withdrawAll", "harvest", "exit", "fund", "rate"];
    for (const kind of all) expect(reached.get(kind) ?? 0, kind).to.be.greaterThan(0);
  });

  /** Does a step that is possible on chain and in the model; returns what it was. */
  const take = async (each: Step, book: Books, staker: HardhatEthersSigner): Promise<string> => {
    const { id, model } = book;
    const who = staker.address;
    const staked = model.staked(who);
    const shares = each.shares < SHARES - staked ? each.shares : SHARES - staked;
    const part = each.shares < staked ? each.shares : staked;
    const mined = async (call: Parameters<MiningFixture["after"]>[1]): Promise<number> => {
      await f.after(each.seconds, call);
      book.cuts.set(who, (book.cuts.get(who) ?? 0n) + 1n);
      return await f.helpers.time.latest();
    };
    switch (each.kind) {
      case "deposit":
        if (shares === 0n) return "nothing";
        model.stake(await mined(() => f.deposit(staker, shares, id)), who, shares);
        return "deposit";
      case "withdraw":
      case "withdrawAll": {
        const leaving = each.kind === "withdraw" ? part : staked;
        if (leaving === 0n) return "nothing";
        model.stake(await mined(() => f.withdraw(staker, leaving, id)), who, -leaving);
        return each.kind;
      }
      case "harvest": {
        const before = await f.orion.balanceOf(staker);
        const time = await mined(() => f.harvest(staker, id));
        const amount = (await f.orion.balanceOf(staker)) - before;
        const exact = model.earned(time, who);
        expect(amount <= exact, "paid above its part").to.equal(true);
        expect(exact - amount <= (book.cuts.get(who) ?? 0n), "paid below its part").to.equal(true);
        model.paid(time, who, amount);
        book.paid += amount;
        return "harvest";
      }
      case "exit": {
        if (staked === 0n) return "nothing";
        const time = await mined(() => f.exit(staker, id));
        const [exited] = await f.mining.queryFilter(f.mining.filters.Exited(id, who), "latest");
        if (exited === undefined) throw new Error("an exit is announced");
        model.exit(time, who, exited.args.forfeited);
        book.cuts.set(who, 0n);
        return "exit";
      }
      case "fund":
        model.fund(await mined(() => f.fund(each.amount, id)), each.amount);
        book.funded += each.amount;
        return "fund";
      default: {
        const rate = each.rate < MAX_RATE ? each.rate - 1n : MAX_RATE;
        model.setRate(await mined(() => f.mining.setRate(id, rate)), rate);
        return "rate";
      }
    }
  };

  const compare = async ({ id, model, cuts }: Books): Promise<void> => {
    const time = await f.helpers.time.latest();
    const farm = await f.mining.farm(id);
    expect(farm.budget).to.equal(model.budget(time));
    let staked = 0n;
    for (const { address } of f.stakers) {
      const { shares, earned } = await f.mining.stakeOf(id, address);
      const exact = model.earned(time, address);
      expect(shares).to.equal(model.staked(address));
      expect(earned <= exact, "above its part").to.equal(true);
      expect(exact - earned <= (cuts.get(address) ?? 0n) + 1n, "below its part").to.equal(true);
      staked += shares;
    }
    expect(farm.staked).to.equal(staked);
    expect(await f.dex.balanceOf(f.mining, id)).to.equal(staked);
  };

  /** Σ paid ≤ Σ accrued ≤ funded, and the ORION held covers what is owed and every budget. */
  const solvent = async (books: readonly Books[]): Promise<void> => {
    let owed = 0n;
    for (const { id, funded, paid } of books) {
      const { budget } = await f.mining.farm(id);
      const debts = await Promise.all(f.stakers.map((staker) => f.earned(staker, id)));
      const debt = debts.reduce((sum, one) => sum + one, 0n);
      expect(paid + debt <= funded - budget).to.equal(true);
      owed += debt + budget;
    }
    expect((await f.orion.balanceOf(f.mining)) >= owed).to.equal(true);
  };
});
