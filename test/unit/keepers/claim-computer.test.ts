import { expect } from "chai";
import { id } from "ethers";

import type { ClaimCheck } from "@orion/protocol/challenge";
import { silentLogger, systemClock, UnavailableError } from "@orion/protocol/common";

import { CheckedClaims } from "../../../keepers/validator/checked-claims.ts";
import { ClaimComputer } from "../../../keepers/validator/claim-computer.ts";
import type { CommittedClaim } from "../../../keepers/validator/claim-preparer.ts";
import { jobOf } from "../../support/job-record.ts";

const END = 1_000_000;

/** A check of which `shards` are left; `load` fetches the next one's inputs. */
function checkOf(shards: number, load: () => Promise<void>, computed: () => void): ClaimCheck {
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
    async loadNext() {
      await load();
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
function computerOf(checks: readonly ClaimCheck[]): {
  computer: ClaimComputer;
  claims: CheckedClaims;
  start: () => void;
} {
  const base = { clock: systemClock, log: silentLogger, follower: { time: 0 }, sealSecret: id("secret") };
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
  return { computer, claims, start: () => computer.start(committed) };
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
