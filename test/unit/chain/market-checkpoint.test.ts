import { expect } from "chai";
import { id, ZeroAddress } from "ethers";
import fc from "fast-check";

import {
  decodeCheckpoint,
  encodeCheckpoint,
  MarketState,
  type MarketCheckpoint,
  type MarketEvent,
  type NetworkFile,
  type TailStart,
} from "@orion/protocol/chain";

import { plain } from "../../support/network/random-market.ts";
import { accountAt } from "../../support/network/test-network.ts";

const [worker, poster] = [accountAt(6).address, accountAt(1).address];
const network = { chainId: 1, deployBlock: 7, addresses: { market: accountAt(9).address } } as NetworkFile;
const terms = {
  ...{ poster, salt: id("salt"), programRoot: id("program"), dataset: id("dataset"), inputsRoot: id("inputs") },
  ...{ challengers: id("challengers"), rows: 8n, shards: 5n, shardsPerClaim: 2n, workPerShard: 2n ** 60n },
  ...{ pricePerShard: 2n ** 90n, keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 3n, options: 1n },
};
const start: TailStart = {
  block: { number: 4_000, hash: id("block"), time: 1_700_000_000 },
  digests: [
    [3, [4, 2 ** 39]],
    [0, [9, 5]],
  ],
};

/** Three units: one settled, one fallen with a reserve and claimed anew, one free. */
function life(jobId: string): MarketEvent[] {
  const key = (unit: number, attempt: number): string => id(`${jobId} ${String(unit)} ${String(attempt)}`);
  const event = (name: string, args: object): MarketEvent => ({
    name,
    args: { jobId, ...args },
    block: 100,
    transaction: id(name),
  });
  const claim = (unit: number, attempt: number): object => ({
    ...{ unit: BigInt(unit), attempt: BigInt(attempt), worker, provider: worker, key: key(unit, attempt) },
  });
  const commit = { outputsRoot: id("root"), outputs: id("outputs"), windowEnd: 1_800_000_000n };
  const pay = { pay: 10n ** 18n, tip: 1n, fee: 2n, feeTo: worker };
  return [
    event("JobPosted", { terms }),
    event("ManifestPublished", { publisher: poster, manifest: id("manifest"), earnsFee: true }),
    event("UnitClaimed", { ...claim(0, 0), deadline: 1_700_000_100n }),
    event("ClaimCommitted", { ...claim(0, 0), ...commit }),
    event("UnitSettled", { ...claim(0, 0), ...pay, accepted: true }),
    event("UnitClaimed", { ...claim(1, 0), deadline: 1_700_000_100n }),
    event("ClaimCommitted", { ...claim(1, 0), ...commit }),
    event("UnitForfeited", { ...claim(1, 0), burned: 3n, compensation: 2n, reward: 1n, reserved: 5n }),
    event("UnitClaimed", { ...claim(1, 1), deadline: 1_700_000_200n }),
    event("ResultPublished", { publisher: poster, resultRoot: id("result"), result: id("npy") }),
  ];
}

function example(): MarketCheckpoint {
  const state = new MarketState();
  for (const event of [...life(id("first")), ...life(id("second")), ...life(id("third"))]) state.apply(event);
  state.retire(({ jobId }) => jobId === id("second"));
  return { start, state };
}

function usable(text: string, of = network): MarketCheckpoint {
  const kept = decodeCheckpoint(text, of);
  if (typeof kept === "string") throw new Error(kept);
  return kept;
}

describe("a checkpoint of the market", () => {
  const text = encodeCheckpoint(network, example());

  it("keeps everything of the jobs in memory, their order, and the totals of those that are retired", () => {
    const kept = usable(text);
    const { state } = example();
    expect(plain(kept.state)).to.deep.equal(plain(state));
    expect([...kept.state.jobs.keys()]).to.deep.equal([id("first"), id("third")]);
    expect(kept.state.retired.count).to.equal(1);
    expect(kept.state.retired.of(worker)).to.deep.equal({
      ...{ settled: 1, earned: 10n ** 18n + 3n, penalties: 1, lost: 6n },
    });
    expect(kept.state.retired.of(poster).settled).to.equal(0);
    expect(kept.start.block).to.deep.equal(start.block);
    expect(new Map(kept.start.digests)).to.deep.equal(new Map(start.digests));
  });

  it("has one text for one market, however that came to be", () => {
    const other = example();
    const last = life(id("third")).at(-1) as MarketEvent;
    other.state.apply({ ...last, args: { ...last.args, resultRoot: id("other") } })();
    other.state.apply({
      ...last,
      name: "UnitClaimed",
      args: { jobId: id("third"), unit: 2n, attempt: 0n, worker, provider: worker, key: id("k"), deadline: 1n },
    })();
    expect(encodeCheckpoint(network, other)).to.equal(text);
    expect(encodeCheckpoint(network, usable(text))).to.equal(text);
  });

  it("is damaged where one of its bytes is another, or the end is missing", () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("0", "7", "a", "\n"), (at, other) => {
        fc.pre(text[at] !== other);
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        expect(decodeCheckpoint(changed, network)).to.be.oneOf(["is damaged", "has the format of another version"]);
        expect(decodeCheckpoint(text.slice(0, at), network)).to.equal("is damaged");
      }),
      { numRuns: 300 },
    );
    expect(decodeCheckpoint("", network)).to.equal("is damaged");
  });

  it("of another version or of another network is of no use", () => {
    const newer = text.replace(/^(orion market checkpoint) \d+/, "$1 999");
    expect(decodeCheckpoint(newer, network)).to.equal("has the format of another version");
    const others = [
      { chainId: 2 },
      { deployBlock: 8 },
      { addresses: { market: worker } },
    ] as unknown as Partial<NetworkFile>[];
    for (const other of others) {
      expect(decodeCheckpoint(text, { ...network, ...other })).to.equal("is of another network");
    }
  });
});
