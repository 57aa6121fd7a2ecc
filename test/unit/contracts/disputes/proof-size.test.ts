import { expect } from "chai";
import { hexlify } from "ethers";

import {
  buildStepProof,
  encodeProof,
  FORMAT,
  interpret,
  ProgramBuilder,
  ProgramError,
  tensorType,
  type BuiltProgram,
} from "@orion/protocol/tensor";

import { makeClaim } from "../../../support/claim-fixture.ts";
import { deployDisputes, SALT, type DisputeFixture } from "../../../support/dispute-fixture.ts";
import { nodeSha256 } from "../../../support/node-sha256.ts";
import { Random } from "../../tensor/random.ts";

/** What the sequencer of Arbitrum takes in one transaction. */
const SEQUENCER_BYTES = 95_000;
const ROWS = 3;
/** Room for what a transaction holds beside its calldata. */
const ENVELOPE = 200;

/** A sum over rows of this many values of four bytes; undefined where the validator refuses the program. */
function sumOf(width: number): BuiltProgram | undefined {
  const b = new ProgramBuilder();
  const x = b.shardInput("i32", [ROWS, width]);
  try {
    return b.build(b.reduceSum(b.clamp(x, -(2 ** 31), 2 ** 31 - 1), 1, "i32"));
  } catch (error) {
    if (error instanceof ProgramError) return undefined;
    throw error;
  }
}

describe("The largest step that a valid program can have", () => {
  let f: DisputeFixture;

  before(async () => {
    f = await deployDisputes();
  });

  it("is proved in one transaction that a rollup's sequencer takes", async () => {
    let [valid, refused] = [1, FORMAT.maxStepBytes / 2];
    while (refused - valid > 1) {
      const width = Math.floor((valid + refused) / 2);
      if (sumOf(width) === undefined) refused = width;
      else valid = width;
    }
    const { program, constants } = sumOf(valid)!;
    const input = new Random(5).tensor(tensorType("i32", [ROWS, valid]));
    const tensors = [interpret(program, { constants, shared: [], shard: [input] })];
    const alter = (_: number, node: number, bytes: Uint8Array): Uint8Array =>
      node === 2 ? bytes.map((value, i) => (i === 4 ? value ^ 1 : value)) : bytes;
    const claim = await f.record(makeClaim(program, tensors, { alter }));
    await f.demandTrace(claim, 0);
    await f.respondTrace(claim, 0);
    const step = buildStepProof(claim.fixture.source(0), { node: 2, element: 1 }, nodeSha256);
    const { kind, proof } = encodeProof({ kind: "step", proof: step });
    const root = hexlify(claim.fixture.trace(0).root);
    const data = f.disputes.interface.encodeFunctionData("proveFraud", [
      ...([f.market.address, claim.key, claim.facts, 0, root, kind, proof, SALT] as const),
    ]);
    const bytes = (data.length - 2) / 2;
    expect(bytes).to.be.greaterThan(70_000);
    expect(bytes).to.be.lessThan(SEQUENCER_BYTES - ENVELOPE);
    const proving = await f.disputes
      .connect(f.challenger)
      .proveFraud(f.market, claim.key, claim.facts, 0, root, kind, proof, SALT, { gasLimit: 16_000_000 });
    expect((await proving.wait())?.gasUsed).to.be.lessThan(8_000_000n);
  });
});
