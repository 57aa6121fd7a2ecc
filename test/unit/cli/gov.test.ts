import { expect } from "chai";
import { InvalidArgumentError } from "commander";
import { toBeHex } from "ethers";
import fc from "fast-check";

import { parseNetworkFile } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";

import { decodeSetting, encodeSetting, parseCall, parseSetting } from "../../../cli/gov/actions.ts";
import { PARAMETERS } from "../../../cli/gov/parameters.ts";
import { parseProposalId } from "../../../cli/gov/proposals.ts";
import { nextStep, whyDefeated, type Standing } from "../../../cli/gov/standing.ts";
import { formatSpan, formatTime } from "../../../cli/core/chain-time.ts";

const RUNS = 200 * Number(process.env.FUZZ_RUNS ?? "1");
const NAMES = ["orion", "registry", "credits", "disputes", "reserves", "market", "upkeep", "dex", "mining"];
const addresses = Object.fromEntries(
  [...NAMES, "buyAndPost", "governor", "timelock", "guardian"].map((name, i) => [name, toBeHex(i + 1, 20)]),
);
const NETWORK = parseNetworkFile(
  JSON.stringify({
    name: "test",
    chainId: 1,
    rpcUrl: "http://127.0.0.1:1",
    ipfsUrl: "http://127.0.0.1:1",
    deployBlock: 0,
    addresses,
  }),
  "a network",
);

describe("a setting of governance", () => {
  for (const text of [
    "credits.floor",
    "credits.floor=",
    "credits.floor=0",
    "credits.floor=-1",
    "credits.flor=2",
    "credits.cap=0.0000000000000000001",
    "mining.rate=0.1",
    "mining.rate:gold=0.1",
    "market.paused:cu-orion=true",
    "market.paused=yes",
    "dex.protocolPart:cu-orion=1/5",
    "dex.protocolPart:cu-orion=1/256",
    "governor.quorum=4.5%",
    "timelock.delay=2",
    "guardian.account=me",
    "guardian.account=0x12",
    "__proto__.floor=2",
  ]) {
    it(`is not ${text}`, () => expect(() => parseSetting(text)).to.throw(InvalidArgumentError));
  }

  it("has a value in the units that people use", () => {
    const values = [
      ["credits.floor=2.5", 25n * 10n ** 17n],
      ["credits.cap=1", CREDIT],
      ["market.paused=true", 1n],
      ["mining.rate:cu-orion=0", 0n],
      ["dex.protocolPart:0=1/10", 10n],
      ["dex.protocolPart:0=off", 0n],
      ["governor.quorum=5%", 5n],
      ["timelock.delay=3d", 259_200n],
      ["governor.lateQuorumExtension=2h", 7_200n],
      ["guardian.account=none", 0n],
      ["guardian.account=0x70997970C51812dc3A010C7d01b50e0d17dc79C8", 0x70997970c51812dc3a010c7d01b50e0d17dc79c8n],
    ] as const;
    for (const [text, value] of values) expect(parseSetting(text).value, text).to.equal(value);
  });

  it("is read back from its call, whatever the value", () => {
    const settings = fc.record({
      parameter: fc.constantFrom(...PARAMETERS),
      pool: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      value: fc.bigInt({ min: 0n, max: 255n }),
    });
    const property = fc.property(settings, ({ parameter, pool, value }) => {
      const isFlag = parameter.setter === "setPaused";
      const setting = { parameter, pool: parameter.perPool ? pool : 0n, value: isFlag ? value % 2n : value };
      const action = encodeSetting(NETWORK, setting);
      expect(decodeSetting(NETWORK, action)).to.deep.equal(setting);
      // Another target, more behind it, coin with it: no setting any more.
      expect(decodeSetting(NETWORK, { ...action, target: toBeHex(99, 20) })).to.equal(undefined);
      expect(decodeSetting(NETWORK, { ...action, calldata: `${action.calldata}00` })).to.equal(undefined);
      expect(decodeSetting(NETWORK, { ...action, calldata: action.calldata.slice(0, -2) })).to.equal(undefined);
      expect(decodeSetting(NETWORK, { ...action, value: 1n })).to.equal(undefined);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("never comes of calldata that is not its own encoding", () => {
    const calls = fc.tuple(fc.constantFrom(...PARAMETERS), fc.uint8Array({ maxLength: 100 }));
    const property = fc.property(calls, ([parameter, bytes]) => {
      const { target, calldata } = encodeSetting(NETWORK, { parameter, pool: 0n, value: 1n });
      const forged = `${calldata.slice(0, 10)}${Buffer.from(bytes).toString("hex")}`;
      const setting = decodeSetting(NETWORK, { target, value: 0n, calldata: forged });
      if (setting !== undefined) expect(encodeSetting(NETWORK, setting).calldata).to.equal(forged);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});

describe("another call", () => {
  it("is a target and calldata", () => {
    const target = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    expect(parseCall(`${target.toLowerCase()}:0xABCD`)).to.deep.equal({ target, value: 0n, calldata: "0xabcd" });
    for (const text of ["", target, `${target}:`, `${target}:0x1`, `${target}:12`, `${target}:0x12:1`, "0x12:0x34"]) {
      expect(() => parseCall(text), text).to.throw(InvalidArgumentError);
    }
  });
});

describe("a proposal", () => {
  const DAY = 86_400;
  const proposal = { id: "0x", proposer: "0x", actions: [], description: "", voteStart: DAY, voteEnd: 2 * DAY };
  const standing: Standing = {
    state: "pending",
    for: 0n,
    against: 0n,
    abstain: 0n,
    quorum: 10n,
    voteEnd: 2 * DAY,
    executableAt: 0,
    now: 0,
  };

  it("is named by its id in hex or decimal, or by the first digits", () => {
    expect(parseProposalId("0xABCDEF")).to.equal("0xabcdef");
    expect(parseProposalId((2n ** 255n).toString())).to.equal(`0x8${"0".repeat(63)}`);
    for (const text of ["1", "0xabc", "abcdef", `0x${"0".repeat(65)}`]) {
      expect(() => parseProposalId(text), text).to.throw(InvalidArgumentError);
    }
  });

  it("says what comes next, and when", () => {
    expect(nextStep(proposal, standing)).to.equal("the vote begins after 1970-01-02 00:00:00 UTC (in 1 d)");
    const queued = { ...standing, state: "queued", executableAt: 3 * DAY } as const;
    expect(nextStep(proposal, { ...queued, now: 3 * DAY - 90 })).to.include("(in 1 min 30 s)");
    expect(nextStep(proposal, { ...queued, now: 3 * DAY })).to.equal("anyone may execute it now");
  });

  it("says why it was lost", () => {
    expect(whyDefeated({ ...standing, for: 9n })).to.equal("too few took part");
    expect(whyDefeated({ ...standing, for: 9n, abstain: 1n, against: 9n })).to.equal("not more for than against it");
  });

  it("has times that people read", () => {
    expect(formatTime(0)).to.equal("1970-01-01 00:00:00 UTC");
    expect([0, 59, 3_600, 90_061].map(formatSpan)).to.deep.equal(["0 s", "59 s", "1 h", "1 d 1 h"]);
  });
});
