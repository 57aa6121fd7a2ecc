import { expect } from "chai";
import type { Block } from "ethers";

import type { Chain } from "@orion/protocol/chain";
import { systemClock, type Clock } from "@orion/protocol/common";

import { HeadWatch } from "../../../protocol/chain/head-watch.ts";
import { recordingLogger } from "../../support/network/in-process.ts";

/** The hash of the deployment's block. */
let origin = "0xfirst";
const CHAIN = {
  network: { chainId: 1, rpcUrl: "http://127.0.0.1:1", deployBlock: 3 },
  provider: { getBlock: () => Promise.resolve({ hash: origin }) },
} as unknown as Chain;

const blockAt = (number: number, fork = ""): Block =>
  ({ number, hash: `0x${String(number)}${fork}`, timestamp: number }) as unknown as Block;

/** This machine's date, ms. */
let date = 0;

/** What is said of heads that are shown one after another, with the seconds between two of them. */
async function said(heads: Iterable<Block>, seconds: number): Promise<string[]> {
  const log = recordingLogger();
  let elapsed = 0;
  const clock: Clock = { ...systemClock, now: () => date, steady: () => elapsed };
  const watch = new HeadWatch(CHAIN, clock, log);
  let covered = 0;
  for (const head of heads) {
    await watch.look(head, covered);
    covered = Math.max(covered, head.number);
    elapsed += 1_000 * seconds;
  }
  return log.lines.map(({ message }) => /stands still|gone back|another chain|min old/.exec(message)?.[0] ?? message);
}

describe("HeadWatch", () => {
  it("says nothing of a chain that goes on, however its nodes lag and reorganise", async () => {
    const heads = Array.from({ length: 100 }, (_, i) => [blockAt(i + 12), blockAt(i), blockAt(i + 12, "b")]).flat();
    expect(await said(heads, 4)).to.deep.equal([]);
  });

  it("says that a chain stands still of whose nodes one stands still behind the other", async () => {
    const heads = Array.from({ length: 60 }, (_, i) => blockAt(i % 2 === 0 ? 100 : 88));
    expect(await said(heads, 2)).to.deep.equal(["stands still"]);
  });

  it("says that it stands still also soon after it has said that it went back", async () => {
    const back = [blockAt(100), ...Array.from({ length: 13 }, () => blockAt(90))];
    const on = Array.from({ length: 25 }, (_, i) => blockAt(101 + i));
    const still = Array.from({ length: 25 }, () => blockAt(126));
    expect(await said([...back, ...on, ...still], 4)).to.deep.equal(["gone back", "stands still"]);
  });

  it("says that a chain stands still that shows two blocks of one height by turns", async () => {
    const heads = Array.from({ length: 60 }, (_, i) => blockAt(100, i % 2 === 0 ? "" : "b"));
    expect(await said(heads, 2)).to.deep.equal(["stands still"]);
  });

  it("says that the chain is old that goes on as fast as it should", async () => {
    date = 21_600_000;
    const heads = Array.from({ length: 30 }, (_, i) => blockAt(100 + i));
    expect(await said(heads, 4)).to.deep.equal(["min old"]);
    date = 0;
  });

  it("says that another chain answers, in place of that it went back", async () => {
    const heads = function* (): Generator<Block> {
      for (let i = 0; i < 20; i++) yield blockAt(100 + i);
      origin = "0xsecond";
      for (let i = 0; i < 20; i++) yield blockAt(10 + i);
    };
    expect(await said(heads(), 4)).to.deep.equal(["another chain"]);
    origin = "0xfirst";
  });

  it("says at once that another chain answers, though it passes the height of the first one soon", async () => {
    origin = "0xfirst";
    const first = Array.from({ length: 12 }, (_, i) => blockAt(10 + i));
    function* heads(): Generator<Block> {
      yield* first;
      origin = "0xsecond";
      for (let i = 0; i < 30; i++) yield blockAt(i);
    }
    expect(await said(heads(), 2)).to.deep.equal(["another chain"]);
  });

  it("repeats what lasts every five minutes", async () => {
    const heads = Array.from({ length: 120 }, () => blockAt(7));
    expect(await said(heads, 5)).to.deep.equal(["stands still", "stands still"]);
  });
});
