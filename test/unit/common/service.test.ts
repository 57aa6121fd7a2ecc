import { expect } from "chai";

import { AbortedError, createLoop, IntegrityError, UnavailableError, type Clock } from "@orion/protocol/common";

import { recordingLogger } from "../../support/network/in-process.ts";

/** A clock that a test turns by hand. */
class HandClock implements Clock {
  readonly pauses: number[] = [];
  #time = 0;
  readonly #limit: number;
  readonly #stop: AbortController;

  constructor(limit: number, stop: AbortController) {
    this.#limit = limit;
    this.#stop = stop;
  }

  now(): number {
    return this.#time;
  }

  async sleep(ms: number): Promise<void> {
    this.pauses.push(ms);
    this.#time += ms;
    if (this.pauses.length >= this.#limit) this.#stop.abort();
  }
}

function loopOf(
  rounds: number,
  tick: (round: number) => Promise<void>,
): { run: () => Promise<void>; clock: HandClock; lines: string[] } {
  const stop = new AbortController();
  const clock = new HandClock(rounds, stop);
  const log = recordingLogger();
  let round = 0;
  const loop = createLoop({ name: "test", clock, log, intervalMs: 100, tick: () => tick(round++) });
  return {
    clock,
    run: () => loop.run(stop.signal),
    get lines() {
      return log.lines.map(({ message }) => message);
    },
  };
}

describe("createLoop", () => {
  it("repeats its round with the same pause", async () => {
    const { run, clock } = loopOf(3, async () => undefined);
    await run();
    expect(clock.pauses).to.deep.equal([100, 100, 100]);
  });

  it("pauses longer and longer while something is unavailable, half a minute at most, and recovers", async () => {
    const loop = loopOf(14, async (round) => {
      if (round < 12) throw new UnavailableError("the chain is gone", { hint: "start it" });
    });
    await loop.run();
    expect(loop.clock.pauses.slice(0, 5)).to.deep.equal([200, 400, 800, 1_600, 3_200]);
    expect(Math.max(...loop.clock.pauses)).to.equal(30_000);
    expect(loop.clock.pauses.slice(-2)).to.deep.equal([100, 100]);
    expect(loop.lines).to.deep.equal(Array(12).fill("the chain is gone"));
  });

  it("ends with an error that no retry mends, and with a bug", async () => {
    for (const failure of [new IntegrityError("wrong"), new TypeError("a bug")]) {
      const { run, clock } = loopOf(5, async (round) => {
        if (round === 1) throw failure;
      });
      expect(await run().catch((error: unknown) => error)).to.equal(failure);
      expect(clock.pauses).to.have.length(1);
    }
  });

  it("ends quietly when it was stopped, whatever the round then throws", async () => {
    const stop = new AbortController();
    const tick = async (): Promise<void> => {
      stop.abort();
      throw new AbortedError("stopped");
    };
    const clock: Clock = { now: () => 0, sleep: () => Promise.reject(new Error("slept")) };
    await createLoop({ name: "test", clock, log: recordingLogger(), intervalMs: 1, tick }).run(stop.signal);
    expect(stop.signal.aborted).to.equal(true);
  });
});
