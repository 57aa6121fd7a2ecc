import { expect } from "chai";

import { rangedLogs, readLogs, type Chain } from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";

const DEPLOYED = 100;

/** A chain whose every block has one log. */
function chainUntil(head: number, asked: [number, number][]): Chain {
  const getLogs = async ({ fromBlock, toBlock }: { fromBlock: number; toBlock: number }): Promise<object[]> => {
    asked.push([fromBlock, toBlock]);
    return Array.from({ length: toBlock - fromBlock + 1 }, (_, i) => ({ blockNumber: fromBlock + i }));
  };
  const provider = { getBlockNumber: async () => head, getLogs };
  return { provider, network: { deployBlock: DEPLOYED, rpcUrl: "http://127.0.0.1:1" } } as unknown as Chain;
}

describe("readLogs", () => {
  const query = { address: "0x", topics: [] };

  it("asks for every block once, in parts that providers allow, and tells how far it is between them", async () => {
    const [asked, told]: [[number, number][], [number, number][]] = [[], []];
    const chain = chainUntil(12_345, asked);
    const logs = await readLogs(chain, query, (done, total) => told.push([done, total]));
    expect(logs.map(({ blockNumber }) => blockNumber)).to.deep.equal(
      Array.from({ length: 12_246 }, (_, i) => DEPLOYED + i),
    );
    expect(asked).to.deep.equal([
      [100, 5_099],
      [5_100, 10_099],
      [10_100, 12_345],
    ]);
    expect(told).to.deep.equal([
      [5_000, 12_246],
      [10_000, 12_246],
    ]);
  });

  it("tells nothing where one part is all, and asks nothing of a chain that has not come so far", async () => {
    const asked: [number, number][] = [];
    const told = (): void => expect.fail("it was told");
    expect(await readLogs(chainUntil(5_099, asked), query, told)).to.have.lengthOf(5_000);
    expect(await readLogs(chainUntil(50, asked), { ...query, fromBlock: 51 }, told)).to.deep.equal([]);
    expect(asked).to.deep.equal([[100, 5_099]]);
  });

  it("asks a node that is behind again, and says that it lags rather than take its blocks for empty", async () => {
    const asked: [number, number][] = [];
    const chain = chainUntil(200, asked);
    const heads = [200, 190, 190, 200];
    chain.provider.getBlockNumber = () => Promise.resolve(heads.shift() ?? 195);
    const logs = await readLogs(chain, query);
    expect(logs.map(({ blockNumber }) => blockNumber)).to.deep.equal(Array.from({ length: 101 }, (_, i) => 100 + i));
    expect(asked.map(([from]) => from)).to.deep.equal([100, 191, 191]);
    heads.push(200);
    const error = await readLogs(chain, query).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UnavailableError);
    expect((error as Error).message).to.match(/lags: it shows block 195, this process has seen 200/);
  });

  it("asks once more for what was refused once, and comes back to larger parts soon after what lasted", async () => {
    const asked: [number, number][] = [];
    const chain = chainUntil(2_000_000, asked);
    const getLogs = chain.provider.getLogs.bind(chain.provider);
    let calls = 0;
    chain.provider.getLogs = (filter) => (++calls % 10 === 0 ? Promise.reject(new Error("boom")) : getLogs(filter));
    let parts = 0;
    for await (const { logs } of rangedLogs(chain, query, 100, 500_099)) parts += logs.length > 0 ? 1 : 0;
    expect(parts).to.equal(100);
    let busy = 6;
    chain.provider.getLogs = (filter) => (busy-- > 0 ? Promise.reject(new Error("boom")) : getLogs(filter));
    parts = 0;
    for await (const { logs } of rangedLogs(chain, query, 500_100, 1_000_099)) parts += logs.length > 0 ? 1 : 0;
    expect(parts).to.be.below(400);
  });

  it("says that the chain does not answer in one of our errors", async () => {
    const failing = chainUntil(200, []);
    failing.provider.getLogs = () => Promise.reject(Object.assign(new Error("down"), { code: "ECONNREFUSED" }));
    const error = await readLogs(failing, query).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UnavailableError);
  });
});
