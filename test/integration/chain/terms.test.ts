import { expect } from "chai";
import fc from "fast-check";
import { hexlify, ZeroAddress } from "ethers";

import {
  claimKeyOf,
  decodeTerms,
  encodeTerms,
  escrowOf,
  jobIdOf,
  readClocks,
  termsType,
  unitCount,
  unitRange,
  type Terms,
} from "@orion/protocol/chain";
import { InvalidInputError, RevertError } from "@orion/protocol/common";

import { accountAt, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";

const uint = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hexlify(bytes));
const address = fc.nat(1_000).map((index) => (index === 0 ? ZeroAddress : accountAt(index).address));
const anyTerms: fc.Arbitrary<Terms> = fc.record({
  poster: address,
  salt: bytes32,
  programRoot: bytes32,
  dataset: bytes32,
  inputsRoot: bytes32,
  challengers: bytes32,
  rows: uint(64),
  shards: fc.nat(2 ** 32 - 1),
  shardsPerClaim: fc.nat(2 ** 32 - 1),
  workPerShard: uint(96),
  pricePerShard: uint(96),
  keeper: address,
  keeperFee: uint(96),
  collateralPerClaim: uint(96),
  options: fc.nat(2 ** 24 - 1),
});
const numRuns = 40 * (Number(process.env.FUZZ_RUNS) || 1);

describe("terms, as TypeScript and the contract know them", function () {
  this.timeout(60_000);
  let running: TestNetwork;

  before(async () => {
    running = await startTestNetwork();
  });
  after(async () => {
    await running.stop();
  });

  it("have one job id in both", async () => {
    const { market } = running.chain.contracts;
    const { chainId, addresses } = running.network;
    await fc.assert(
      fc.asyncProperty(anyTerms, async (terms) => {
        expect(await market.jobIdOf(terms)).to.equal(jobIdOf(chainId, addresses.market, terms));
      }),
      { numRuns },
    );
  });

  it("give each claim one key in both", async () => {
    const { market } = running.chain.contracts;
    const { chainId, addresses } = running.network;
    const claim = fc.tuple(bytes32, fc.nat(2 ** 32 - 1), fc.nat(2 ** 16 - 1), address);
    await fc.assert(
      fc.asyncProperty(claim, async ([jobId, unit, attempt, worker]) => {
        const key = claimKeyOf(chainId, addresses.market, jobId, unit, attempt, worker);
        expect(await market.keyOf(jobId, unit, attempt, worker)).to.equal(key);
      }),
      { numRuns },
    );
  });

  it("survive encoding and decoding", () => {
    fc.assert(
      fc.property(anyTerms, (terms) => {
        expect(decodeTerms(encodeTerms(terms))).to.deep.equal(terms);
      }),
      { numRuns },
    );
  });

  it("are refused when they are not exactly one encoding", () => {
    const [terms] = fc.sample(anyTerms, 1) as [Terms];
    const encoded = encodeTerms(terms);
    for (const wrong of ["0x", "0x12", encoded.slice(0, -2), `${encoded}00`, `${encoded}${"00".repeat(32)}`, "terms"]) {
      expect(() => decodeTerms(wrong), wrong.slice(0, 12)).to.throw(InvalidInputError, /terms/);
    }
    // The poster's word with something in the twelve bytes above the address.
    expect(() => decodeTerms(`0x01${encoded.slice(4)}`)).to.throw(InvalidInputError);
  });

  it("are the struct of the compiled contract", () => {
    const names = termsType().components?.map(({ name }) => name);
    const [terms] = fc.sample(anyTerms, 1) as [Terms];
    expect(names).to.deep.equal(Object.keys(terms));
  });

  it("cut shards into units that cover them once", () => {
    const small = fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 1_024 }));
    fc.assert(
      fc.property(small, ([shards, shardsPerClaim]) => {
        const [base] = fc.sample(anyTerms, { numRuns: 1, seed: 1 }) as [Terms];
        const terms = { ...base, shards, shardsPerClaim };
        let next = 0;
        for (let unit = 0; unit < unitCount(terms); unit++) {
          const { from, to } = unitRange(terms, unit);
          expect(from).to.equal(next);
          expect(to - from).to.be.within(1, shardsPerClaim);
          next = to;
        }
        expect(next).to.equal(shards);
        expect(escrowOf(terms)).to.equal(BigInt(shards) * (terms.pricePerShard + terms.keeperFee));
      }),
      { numRuns },
    );
  });

  it("name a profile whose clocks are read from the chain", async () => {
    const clocks = await readClocks(running.chain, 0);
    expect(clocks).to.deep.equal({ claimPeriod: 300, challengeWindow: 2, manifestPeriod: 300 });
    const error: unknown = await readClocks(running.chain, 4).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(RevertError);
    expect((error as RevertError).revert).to.equal("UnknownProfile");
  });
});
