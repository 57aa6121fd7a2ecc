import { expect } from "chai";

import { AbortedError } from "@orion/protocol/common";

import type { Child } from "../../../cli/process/child.ts";
import { replaceableChild } from "../../../cli/process/replaceable-child.ts";

interface Fake extends Child {
  readonly end: (how: string) => void;
  stops: number;
}

function fake(pid: number): Fake {
  let end: Fake["end"] = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  const child: Fake = {
    ...{ name: "graph-node", pid, ended, end, stops: 0, tail: () => [String(pid)] },
    stop: () => {
      child.stops++;
      end("stopped");
      return Promise.resolve();
    },
  };
  return child;
}

/** How it has ended; undefined while it has not. */
const endOf = (child: Child): Promise<string | undefined> =>
  Promise.race([child.ended, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 10))]);

describe("a child in whose place another can be started", () => {
  it("has not ended when it is replaced, and is the other one from then on", async () => {
    const [first, second] = [fake(1), fake(2)];
    const child = replaceableChild(first);
    expect([child.pid, child.tail()]).to.deep.equal([1, ["1"]]);
    await child.replace(() => Promise.resolve(second));
    expect([child.pid, child.tail(), first.stops]).to.deep.equal([2, ["2"], 1]);
    expect(await endOf(child)).to.equal(undefined);
    second.end("signal SIGSEGV");
    expect(await child.ended).to.equal("signal SIGSEGV");
  });

  it("stops the one of the moment", async () => {
    const [first, second] = [fake(1), fake(2)];
    const child = replaceableChild(first);
    await child.replace(() => Promise.resolve(second));
    await child.stop();
    expect([first.stops, second.stops]).to.deep.equal([1, 1]);
    expect(await child.ended).to.equal("stopped");
  });

  it("has ended when no other could be started, and says why", async () => {
    const child = replaceableChild(fake(1));
    await child.replace(() => Promise.reject(new Error("no port")));
    expect(await child.ended).to.equal("no port");
  });

  it("is not said to have ended when it was asked to stop meanwhile", async () => {
    const child = replaceableChild(fake(1));
    const error = await child.replace(() => Promise.reject(new AbortedError("stopped"))).catch((each: unknown) => each);
    expect(error).to.be.instanceOf(AbortedError);
    expect(await endOf(child)).to.equal(undefined);
  });
});
