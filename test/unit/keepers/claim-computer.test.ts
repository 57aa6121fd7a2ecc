import { expect } from "chai";
import { id } from "ethers";

import type { ClaimCheck } from "@orion/protocol/challenge";
import { silentLogger, systemClock, UnavailableError, type Clock } from "@orion/protocol/common";

import { CheckedClaims } from "../../../keepers/validator/checked-claims.ts";
import { ClaimComputer } from "../../../keepers/validator/claim-computer.ts";
import type { CommittedClaim } from "../../../keepers/validator/claim-preparer.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { jobOf } from "../../support/job-record.ts";

const END = 1_000_000;

/** A check of which `shards` are left; `load` fetches the next one's inputs. */
function checkOf(shards: number, load: (signal?: AbortSignal) => Promise<void>, computed: () => void): ClaimCheck {
  let isLoaded = false;
  let left = shards;
  return {
    unit: { index: 0 },
    get left() {
      return left;
    },
    get isLoaded() {
      return isLoaded || left === 0;
    },
    unload() {
      isLoaded = false;
    },
    async loadNext(signal: AbortSignal) {
      await load(signal);
      isLoaded = true;
    },
    checkOne() {
      expect(isLoaded, "computed before its inputs were here").to.equal(true);
      computed();
      isLoaded = false;
      left--;
      return Promise.resolve(left === 0 ? "right" : "open");
    },
  } as unknown as ClaimCheck;
}

/** Hands claims with these checks, the most urgent first, to a computer. */
function computerOf(
  checks: readonly ClaimCheck[],
  clock: Clock = systemClock,
): {
  computer: ClaimComputer;
  claims: CheckedClaims;
  start: () => void;
  committed: readonly CommittedClaim[];
} {
  const base = { clock, log: silentLogger, follower: { time: 0 }, sealSecret: id("secret") };
  const context = { ...base, backend: { macsPerSecond: 1e9 } } as never;
  const claims = new CheckedClaims(context);
  const committed = checks.map((check, i): CommittedClaim => {
    const job = jobOf(String(i), 1, END + i);
    const unit = job.units.get(0);
    Object.assign(claims.of(unit.key), { state: "ready", check });
    return [job, unit];
  });
  const parts = { claims, committed: () => committed, stop: new AbortController().signal };
  const computer = new ClaimComputer(context, {}, parts);
  return { computer, claims, start: () => computer.start(committed), committed };
}

describe("what a validator computes next", () => {
  it("goes on without another look until all shards of all claims are computed", async () => {
    let computed = 0;
    const { start } = computerOf(
      [3, 5, 1].map((n) =>
        checkOf(
          n,
          () => Promise.resolve(),
          () => computed++,
        ),
      ),
    );
    start();
    await systemClock.sleep(50);
    expect(computed).to.equal(9);
  });

  it("is not held up by inputs that never arrive", async () => {
    const never = (): Promise<void> => new Promise(() => undefined);
    const hostile = Array.from({ length: 3 }, () => checkOf(4, never, () => undefined));
    let computed = 0;
    const honest = checkOf(
      4,
      () => Promise.resolve(),
      () => computed++,
    );
    const { start } = computerOf([...hostile, honest]);
    for (let look = 0; look < 2; look++) start();
    await systemClock.sleep(50);
    expect(computed).to.equal(4);
  });

  it("is not held up for long by many jobs whose inputs drip in, and these are not fetched any further", async () => {
    const clock = new HandClock(0);
    const going = new Set<AbortSignal | undefined>();
    let most = 0;
    const drip = (signal?: AbortSignal): Promise<void> => {
      going.add(signal);
      return new Promise(() => undefined);
    };
    const hostile = Array.from({ length: 100 }, () => checkOf(4, drip, () => undefined));
    let computed = 0;
    const honest = checkOf(
      1,
      () => Promise.resolve(),
      () => computed++,
    );
    const { start, computer, committed } = computerOf([...hostile, honest], clock);
    const look = async (seconds: number): Promise<void> => {
      for (let second = 0; second < seconds && computed === 0; second++) {
        start();
        await clock.pass(1);
        most = Math.max(most, [...going].filter((one) => one?.aborted !== true).length);
      }
    };
    await look(30);
    expect(computed, "at first").to.equal(0);
    expect(Math.max(...computer.waiting(committed).map(({ wait }) => wait ?? 0))).to.be.greaterThan(1);
    await look(120);
    expect(computed).to.equal(1);
    expect(most).to.be.at.most(16);
  });

  it("gives up inputs that have not come after two minutes", async () => {
    const clock = new HandClock(0);
    const signals: (AbortSignal | undefined)[] = [];
    const drip = (signal?: AbortSignal): Promise<void> => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const { start } = computerOf([checkOf(1, drip, () => undefined)], clock);
    start();
    await clock.pass(119);
    expect(signals.map((signal) => signal?.aborted)).to.deep.equal([false]);
    await clock.pass(2);
    expect(signals.map((signal) => signal?.aborted)).to.deep.equal([true]);
  });

  it("is not held up either by many jobs whose inputs were tried in vain", async () => {
    let tries = 0;
    const inVain = (): Promise<void> => {
      tries++;
      return Promise.reject(new UnavailableError("no inputs"));
    };
    const hostile = Array.from({ length: 20 }, () => checkOf(4, inVain, () => undefined));
    let computed = 0;
    const honest = checkOf(
      4,
      () => Promise.resolve(),
      () => computed++,
    );
    const { start } = computerOf([...hostile, honest]);
    start();
    await systemClock.sleep(100);
    expect(computed).to.equal(4);
    expect(tries).to.be.at.most(20);
  });

  it("is the most urgent claim's next shard, though others are fetched already", async () => {
    const order: string[] = [];
    const check = (name: string): ClaimCheck =>
      checkOf(
        2,
        () => systemClock.sleep(5),
        () => order.push(name),
      );
    const { start } = computerOf(["a", "b", "c"].map(check));
    start();
    await systemClock.sleep(200);
    expect(order.slice(0, 2)).to.deep.equal(["a", "b"]);
    expect([...order].sort()).to.deep.equal(["a", "a", "b", "b", "c", "c"]);
    expect(order.at(-1)).to.equal("c");
  });

  it("holds the inputs of a few claims only, however many more urgent ones come", async () => {
    const endless = (): Promise<"open"> => new Promise(() => undefined);
    const slow = checkOf(
      1,
      () => Promise.resolve(),
      () => undefined,
    );
    Object.assign(slow, { checkOne: endless });
    const later = Array.from({ length: 30 }, () =>
      checkOf(
        1,
        () => Promise.resolve(),
        () => undefined,
      ),
    );
    const { claims, computer } = computerOf([]);
    const committed: CommittedClaim[] = [];
    for (const [i, check] of [slow, ...later].entries()) {
      const job = jobOf(`urgent ${String(i)}`, 1, END - i);
      const unit = job.units.get(0);
      Object.assign(claims.of(unit.key), { state: "ready", check });
      committed.push([job, unit]);
      computer.start(committed);
      await systemClock.sleep(1);
    }
    computer.start(committed);
    expect(later.filter(({ isLoaded }) => isLoaded).length).to.be.within(1, 4);
  });
});
