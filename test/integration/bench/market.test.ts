import { expect } from "chai";

import { option } from "../../../bench/market/attacks/hold.ts";
import { jumpAtOnce } from "../../../bench/market/attacks/jump.ts";
import { selfSlash, washControl, washJobs } from "../../../bench/market/attacks/own-jobs.ts";
import { recursiveDefault, recursiveUnwind } from "../../../bench/market/attacks/recursive-minting.ts";
import { sweep, type Trial } from "../../../bench/market/attacks/sweep.ts";
import { Driver } from "../../../bench/market/driver.ts";
import { requireSolvent } from "../../../bench/market/invariants.ts";
import { runMarket, type Results } from "../../../bench/market/run.ts";
import { setUp } from "../../../bench/market/setup.ts";
import type { World } from "../../../bench/market/world.ts";

const silent = (): void => undefined;

describe("the market of agents on the contracts", () => {
  describe("over a month", () => {
    let results: Results;

    before(async () => {
      // Throws by itself as soon as an identity breaks or a transaction is refused.
      results = await runMarket({ seed: 2, days: 30, agents: 60 }, silent);
    });

    it("passes a block an hour in which every kind of agent acted", () => {
      expect(results.blocks).to.equal(30 * 24 + 1);
      const sum = (of: (sample: Results["samples"][number]) => number): number =>
        results.samples.reduce((total, sample) => total + of(sample), 0);
      expect(sum(({ settledJobs }) => settledJobs)).to.be.greaterThan(50);
      expect(sum(({ mintedCu }) => mintedCu)).to.be.greaterThan(0);
      expect(sum(({ redeemedCu }) => redeemedCu)).to.be.greaterThan(0);
      expect(sum(({ volumeOrion }) => volumeOrion)).to.be.greaterThan(0);
    });

    it("never has less locked than its credits were minted with, nor than the floor", () => {
      for (const { lockedOrion, supplyCu } of results.samples) {
        expect(lockedOrion).to.be.at.least(2 * supplyCu * (1 - 1e-5));
      }
    });
  });

  it("passes the same days from the same seed", async () => {
    const options = { seed: 3, days: 3, agents: 40 };
    const first = await runMarket(options, silent);
    expect((await runMarket(options, silent)).samples).to.deep.equal(first.samples);
    expect((await runMarket({ ...options, seed: 4 }, silent)).samples).not.to.deep.equal(first.samples);
  });

  describe("under attack", () => {
    let world: World;
    let trials: Trial[];

    before(async () => {
      const options = { seed: 5, days: 9, agents: 40 };
      world = await setUp(options);
      const driver = new Driver(world, options);
      for (let day = 0; day < options.days; day++) await driver.day();
      const small = { ...recursiveUnwind, capitals: recursiveUnwind.capitals.slice(0, 1) };
      const hold = { ...option, capitals: option.capitals.slice(0, 1) };
      const attacks = [selfSlash, washJobs, washControl, recursiveDefault, small, jumpAtOnce, hold];
      trials = await sweep(driver, "test", attacks, silent);
    });

    const of = (attack: string): Trial[] => trials.filter((trial) => trial.attack === attack);

    it("takes from whoever slashes itself at least what burns of its lock", () => {
      expect(of("self-slash")).to.have.length(selfSlash.capitals.length);
      for (const { orionWei, notes } of of("self-slash")) {
        // The chain's assertion library compares whole numbers only.
        expect(Math.abs(notes.burnedInThatTime! / notes.collateral! - 0.3) < 1e-5).to.equal(true);
        expect(Number(orionWei) / 1e18).to.be.at.most(-0.3 * notes.collateral!);
      }
    });

    it("gives nothing, to the wei, for working on one's own jobs", () => {
      expect(of("wash-jobs").every(({ notes }) => notes.workedCu! > 0)).to.equal(true);
      expect(of("wash-jobs").map(({ orionWei }) => orionWei)).to.deep.equal(
        of("wash-control").map(({ orionWei }) => orionWei),
      );
    });

    it("costs whoever mints on what it minted", () => {
      // The hour's quota keeps most of the capital out of it: it is the fee and the trade that cost, on what could be minted.
      const mean = (trial: Trial): number => trial.profit / trial.notes.mintedCu!;
      for (const trial of of("recursive-default").slice(1)) {
        expect(trial.notes.mintedCu).to.be.greaterThan(100);
        expect(mean(trial)).to.be.below(-0.02);
      }
    });

    it("lets whoever unwinds what it minted buy all its locks free, not the largest only", () => {
      for (const { profit, capital } of of("recursive-unwind")) expect(profit).to.be.above(-capital / 5);
    });

    it("jump12: pays after a leap of the price for one hour's quota, whatever the capital", () => {
      const quota = Number(world.state.pool.cu) / 1e18 / 50;
      const gains = of("jump12").map(({ profit }) => profit);
      expect(gains).to.have.length(jumpAtOnce.capitals.length);
      expect(new Set(gains).size).to.equal(1);
      for (const { profit, notes } of of("jump12")) {
        expect(notes.mintedCu).to.be.within(1, quota);
        expect(profit).to.be.at.most(notes.mintedCu! * (notes.priceAfter! - notes.collateralThen!));
      }
    });

    it("hold: pays who minted before somebody else's leap no more than the rise of what it holds", () => {
      for (const { profit, notes } of of("option")) {
        expect(notes.mintedCu).to.be.greaterThan(0);
        expect(profit).to.be.at.most(notes.mintedCu! * (notes.priceAfter! - notes.lock!));
      }
    });

    it("is put back to what it was, and goes on", async () => {
      const { hour } = world.state;
      expect(hour).to.equal(9 * 24);
      await requireSolvent(world);
      const again = new Driver(world, { seed: 5, days: 9, agents: 40 });
      await again.day();
      expect(world.state.hour).to.equal(10 * 24);
    });
  });
});
