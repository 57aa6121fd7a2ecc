import { expect } from "chai";
import type { Log } from "ethers";

import { LogTail, type Chain } from "@orion/protocol/chain";
import { systemClock, UnavailableError, type Clock } from "@orion/protocol/common";

import { recordingLogger } from "../../support/network/in-process.ts";

const hashOf = (number: number): string => `0x${number.toString(16).padStart(64, "1")}`;

/** A chain with a log in every hundredth block, whose endpoint leaves out those of some blocks at first. */
class FakeChain {
  head = 10_000;
  hidden: (block: number) => boolean = () => false;
  readonly chain = {
    network: { chainId: 1, rpcUrl: "http://127.0.0.1:1", deployBlock: 0 },
    provider: {
      getBlock: (which: number | "latest") => {
        const number = which === "latest" ? this.head : which;
        return Promise.resolve({ number, hash: hashOf(number), parentHash: hashOf(number - 1), timestamp: number });
      },
      getBlockNumber: () => Promise.resolve(this.head),
      getLogs: ({ fromBlock, toBlock }: { fromBlock: number; toBlock: number }) => {
        const numbers = Array.from({ length: toBlock - fromBlock + 1 }, (_, i) => fromBlock + i);
        const shown = numbers.filter((number) => number % 100 === 0 && !this.hidden(number));
        return Promise.resolve(shown.map((blockNumber) => ({ blockNumber, blockHash: hashOf(blockNumber), index: 0 })));
      },
    },
  } as unknown as Chain;
}

describe("LogTail", () => {
  it("compares what it has read with the chain now and then, and reads anew where blocks of long ago have other logs", async () => {
    const fake = new FakeChain();
    const log = recordingLogger();
    let elapsed = 0;
    const clock: Clock = { ...systemClock, now: () => 0, steady: () => elapsed };
    const read: number[] = [];
    const sink = {
      apply: ({ blockNumber }: Log) => {
        read.push(blockNumber);
        return () => void read.pop();
      },
      reset: () => void read.splice(0),
    };
    fake.hidden = (block) => block === 300;
    const tail = new LogTail({ chain: fake.chain, filter: { address: "0x" }, sink, first: 0, clock, log });
    await tail.advance();
    fake.hidden = () => false;
    for (let i = 0; i < 60 && log.lines.length === 0; i++) {
      fake.head += 100;
      elapsed += 6 * 60_000;
      await tail.advance();
    }
    await tail.advance();
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      "blocks of long ago have other logs than were read then; reading everything anew",
    ]);
    expect(read).to.deep.equal(Array.from({ length: fake.head / 100 + 1 }, (_, i) => 100 * i));
  });

  it("takes a node that shows no block for none that shows nothing new", async () => {
    const fake = new FakeChain();
    const sink = { apply: () => undefined, reset: () => undefined };
    const tail = new LogTail({ chain: fake.chain, filter: { address: "0x" }, sink, first: 0 });
    await tail.advance();
    fake.chain.provider.getBlock = () => Promise.resolve(null);
    const error: unknown = await tail.advance().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UnavailableError);
  });

  it("gives a state that no reorganisation is expected to reach, and goes on from it", async () => {
    const fake = new FakeChain();
    const make = (read: number[], start?: Parameters<Parameters<LogTail["settled"]>[0]>[0]): LogTail => {
      const apply = ({ blockNumber }: Log): (() => void) => {
        read.push(blockNumber);
        return () => void read.pop();
      };
      const reset = (): void => void read.splice(0);
      const given = start === undefined ? {} : { start };
      return new LogTail({ chain: fake.chain, filter: { address: "0x" }, sink: { apply, reset }, first: 0, ...given });
    };
    const all: number[] = [];
    const tail = make(all);
    for (let i = 0; i < 200; i++) {
      await tail.advance();
      fake.head += 37;
    }
    await tail.advance();
    const kept = tail.settled((start) => ({ start, read: [...all] }));
    expect(kept?.start.block.number).to.be.lessThan(fake.head - 200);
    expect(Math.max(...(kept?.read ?? []))).to.be.at.most(kept?.start.block.number ?? 0);
    const later = [...(kept?.read ?? [])];
    await make(later, kept?.start).advance();
    expect(later).to.deep.equal(all);
  });
});
