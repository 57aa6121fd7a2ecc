import { setImmediate as turn } from "node:timers/promises";

import { expect } from "chai";

import { AbortedError } from "@orion/protocol/common";

import { Lane } from "../../../../worker/pipeline/lane.ts";
import { Precedence } from "../../../../worker/pipeline/precedence.ts";

const never = new AbortController().signal;

/** A task that ends when it is told to. */
function task(): { run: () => Promise<string>; end: () => void; readonly started: boolean } {
  const { promise, resolve } = Promise.withResolvers<string>();
  let started = false;
  return {
    run: () => {
      started = true;
      return promise;
    },
    end: () => resolve("done"),
    get started() {
      return started;
    },
  };
}

describe("a lane", () => {
  it("runs one task at a time, the lowest order first", async () => {
    const lane = new Lane();
    const [first, late, early] = [task(), task(), task()];
    const all = [lane.run(9, never, first.run), lane.run(8, never, late.run), lane.run(7, never, early.run)];
    await turn();
    expect([first.started, late.started, early.started]).to.deep.equal([true, false, false]);
    first.end();
    await all[0];
    await turn();
    expect([late.started, early.started]).to.deep.equal([false, true]);
    early.end();
    await turn();
    expect(late.started).to.equal(true);
    late.end();
    expect(await Promise.all(all)).to.deep.equal(["done", "done", "done"]);
  });

  it("runs as many as it is wide, and goes on after one that fails", async () => {
    const lane = new Lane(2);
    const [one, three] = [task(), task()];
    const first = lane.run(1, never, one.run);
    const second = lane.run(2, never, () => Promise.reject(new Error("broken")));
    const third = lane.run(3, never, three.run);
    expect(await second.catch((error: unknown) => (error as Error).message)).to.equal("broken");
    await turn();
    expect([one.started, three.started]).to.deep.equal([true, true]);
    one.end();
    three.end();
    await Promise.all([first, third]);
  });

  it("lets nobody wait whose signal aborts, and does not start them", async () => {
    const lane = new Lane();
    const stop = new AbortController();
    const [busy, other] = [task(), task()];
    const running = lane.run(1, never, busy.run);
    const stopped = lane.run(2, stop.signal, other.run);
    stop.abort();
    expect(await stopped.catch((error: unknown) => error)).to.be.instanceOf(AbortedError);
    busy.end();
    await running;
    await turn();
    expect(other.started).to.equal(false);
    expect(await lane.run(3, stop.signal, other.run).catch((error: unknown) => error)).to.be.instanceOf(AbortedError);
    expect(await lane.run(4, never, () => Promise.resolve("next"))).to.equal("next");
  });
});

describe("the defence's precedence", () => {
  it("lets a unit wait for the computation that runs, not for those that follow", async () => {
    const precedence = new Precedence();
    const lane = new Lane(1, (signal) => precedence.clear(signal));
    const [demand, next, unit] = [task(), task(), task()];
    const defending = precedence.during(demand.run);
    const working = lane.run(1, never, unit.run);
    await turn();
    expect(unit.started).to.equal(false);
    demand.end();
    await defending;
    const further = precedence.during(next.run);
    await turn();
    expect(unit.started).to.equal(true);
    next.end();
    unit.end();
    await Promise.all([further, working]);
  });

  it("holds nobody whose signal aborts, and fails with nobody's error but its own", async () => {
    const precedence = new Precedence();
    const stop = new AbortController();
    const demand = task();
    const defending = precedence.during(demand.run);
    const cleared = precedence.clear(stop.signal);
    stop.abort();
    await cleared;
    demand.end();
    await defending;
    const failing = precedence.during(() => Promise.reject(new Error("no device")));
    await precedence.clear(never);
    expect(await failing.catch((error: unknown) => (error as Error).message)).to.equal("no device");
  });
});
