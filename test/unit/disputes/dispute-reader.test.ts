import { expect } from "chai";
import { id, Log } from "ethers";

import { contractInterface, type Chain } from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";
import { DisputeReader } from "@orion/protocol/disputes";

import { JUDGE, MARKET } from "../../support/log-chain.ts";
import { accountAt } from "../../support/network/test-network.ts";

const payer = accountAt(7).address;
const key = id("claim");
const DEMANDED_AT = 500;

/** A chain that replaces all of its blocks while somebody asks for the old events of a claim, as often as it is told to. */
class ForkingChain {
  head = 1_000;
  forks = 0;
  left: number;
  readonly chain: Chain;

  constructor(left: number) {
    this.left = left;
    const provider = {
      getBlockNumber: () => Promise.resolve(this.head),
      getBlock: (which: number | "latest") => {
        const number = which === "latest" ? this.head : which;
        const [hash, parentHash] = [this.#hashOf(number), this.#hashOf(number - 1)];
        return Promise.resolve({ number, hash, parentHash, timestamp: 12 * number });
      },
      getLogs: async (filter: { topics: (string | string[] | null)[]; fromBlock: number; toBlock: number }) => {
        if (filter.topics[2] !== null && this.left > 0) await this.#fork();
        return filter.fromBlock <= DEMANDED_AT && DEMANDED_AT <= filter.toBlock ? [this.#demand(provider)] : [];
      },
    };
    this.chain = {
      network: {
        chainId: 1,
        deployBlock: 0,
        rpcUrl: "http://127.0.0.1:1",
        addresses: { market: MARKET, disputes: JUDGE },
      },
      provider,
    } as unknown as Chain;
  }

  #hashOf(number: number): string {
    return id(`${String(this.forks)}:${String(number)}`);
  }

  #demand(provider: unknown): Log {
    const args = [MARKET, key, payer, 3, id("leaf"), 99, 5];
    const { topics, data } = contractInterface("DisputeManager").encodeEventLog("TraceDemanded", args);
    const block = { blockNumber: DEMANDED_AT, blockHash: this.#hashOf(DEMANDED_AT), transactionHash: id("demand") };
    const place = { address: JUDGE, transactionIndex: 0, index: 0, removed: false };
    return new Log({ ...block, ...place, topics, data }, provider as never);
  }

  /** Somebody else's look finds the other blocks first. */
  async #fork(): Promise<void> {
    this.left--;
    this.forks++;
    this.head++;
    await new DisputeReader(this.chain).read([{ key: id("another claim"), sinceBlock: this.head }]);
  }
}

describe("DisputeReader over a chain that reorganises deeply", () => {
  const demands = async ({ chain }: ForkingChain): Promise<number | undefined> => {
    const state = await new DisputeReader(chain).read([{ key, sinceBlock: 400 }]);
    return state.of(MARKET, key)?.demands.size;
  };

  it("reads a claim's older events anew after each reorganisation", async () => {
    for (const forks of [0, 1, 2]) expect(await demands(new ForkingChain(forks)), String(forks)).to.equal(1);
  });

  it("throws rather than leave events out where that does not end, and reads them once it has", async () => {
    const forking = new ForkingChain(3);
    const error: unknown = await demands(forking).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(UnavailableError);
    expect((error as Error).message).to.equal(
      "the chain at http://127.0.0.1:1 reorganised 3 times while its disputes were read",
    );
    expect(await demands(forking)).to.equal(1);
  });
});
