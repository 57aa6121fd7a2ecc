import { expect } from "chai";
import fc from "fast-check";
import {
  decodeDescriptor,
  decodeProgram,
  encodeDescriptor,
  encodeProgram,
  interpret,
  ProgramError,
  validateProgram,
  type Program,
} from "@orion/protocol/tensor";
import { naiveNode } from "../../unit/tensor/naive-oracle.ts";
import { Random } from "../../unit/tensor/random.ts";
import { randomProgram } from "../../unit/tensor/random-program.ts";
import { runs } from "./runs.ts";

const WORDS = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x4000_0000, 1025];

const HEADER = 82;
const RECORD = 416;

/** What a hostile author would try: a byte, a whole field, a field by a little, a record twice, the header, a cut. */
function mutate(r: Random, file: Uint8Array): Uint8Array {
  const bytes = file.slice();
  const view = new DataView(bytes.buffer);
  const record = (): number => HEADER + RECORD * r.between(0, (bytes.length - HEADER) / RECORD - 1);
  for (let count = r.between(1, 3); count > 0; count--) {
    switch (r.between(0, 4)) {
      case 0:
        bytes[r.between(0, bytes.length - 1)] = r.between(0, 255);
        break;
      case 1:
        view.setUint32(record() + 4 * r.between(0, RECORD / 4 - 1), r.chance(0.7) ? r.pick(WORDS) : r.bits());
        break;
      case 2: {
        const from = record();
        bytes.copyWithin(record(), from, from + RECORD);
        break;
      }
      case 3:
        view.setUint32(r.pick([5, 9, 13, 17, 18, 22, 78]), r.pick(WORDS));
        break;
      default:
        view.setInt8(record() + 3 + 4 * r.between(56, 77), r.between(-2, 9));
    }
  }
  return r.chance(0.1) ? bytes.slice(0, r.between(0, bytes.length)) : bytes;
}

/** The program if the bytes are a valid one; anything but a ProgramError fails the property. */
function accepted(bytes: Uint8Array): Program | undefined {
  try {
    const program = decodeProgram(bytes);
    validateProgram(program);
    return program;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    expect(error.field).to.not.equal("");
    expect(error.node === undefined || error.node >= 0).to.equal(true);
    return undefined;
  }
}

/** Runs a mutated program against the oracle unless it became too large for a test. */
function runsAsTheOracle(program: Program, r: Random): boolean {
  const { peakBytes, work } = validateProgram(program);
  if (peakBytes > 20_000n || work > 400_000n) return false;
  const drawn = (keep: (node: Program["nodes"][number]) => boolean) =>
    program.nodes.filter(keep).map((node) => r.tensor(node));
  const bySlot = (kind: number) =>
    program.nodes
      .filter((node) => node.op === "input" && node.attrs[0] === kind)
      .sort((a, b) => a.attrs[1]! - b.attrs[1]!)
      .map((node) => r.tensor(node));
  const values = interpret(program, {
    constants: drawn((node) => node.op === "constant"),
    shared: bySlot(0),
    shard: bySlot(1),
  });
  for (const [index, node] of program.nodes.entries()) {
    if (node.op === "input" || node.op === "constant") continue;
    const operands = node.operands.map((operand) => values[operand.node]!);
    expect(Array.from(values[index]!.data), `mutated ${node.op}`).to.deep.equal(naiveNode(node, operands));
  }
  return true;
}

describe("program files under mutation", () => {
  it("a valid program survives the file unchanged", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { program } = randomProgram(seed);
        const file = encodeProgram(program);
        expect(decodeProgram(file)).to.deep.equal(program);
        expect(encodeProgram(decodeProgram(file))).to.deep.equal(file);
      }),
      { numRuns: runs(200) },
    );
  });

  it("any mutation is refused with a ProgramError, or is the one encoding of a program that runs", () => {
    let ran = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (programSeed, mutationSeed) => {
        const r = new Random(mutationSeed);
        const bytes = mutate(r, encodeProgram(randomProgram(programSeed, 4).program));
        const program = accepted(bytes);
        if (program === undefined) return;
        expect(encodeProgram(program)).to.deep.equal(bytes);
        if (runsAsTheOracle(program, r)) ran++;
      }),
      { numRuns: runs(1500) },
    );
    expect(ran, "mutations that stayed valid and ran").to.be.greaterThan(20);
  });

  it("arbitrary bytes are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1500 }), (bytes) => {
        expect(accepted(bytes)).to.equal(undefined);
        // A right header: one node, one shard slot, its output node 0.
        const header = [0x4f, 0x52, 0x54, 0x50, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1];
        const headed = new Uint8Array([...header, ...new Uint8Array(64), ...bytes]);
        expect(accepted(headed)).to.equal(undefined);
      }),
      { numRuns: runs(300) },
    );
  });

  it("a descriptor has exactly one encoding", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(415), fc.integer({ min: 1, max: 255 }), (seed, at, flip) => {
        for (const node of randomProgram(seed, 3).program.nodes) {
          const bytes = encodeDescriptor(node);
          bytes[at] = bytes[at]! ^ flip;
          try {
            expect(encodeDescriptor(decodeDescriptor(bytes))).to.deep.equal(bytes);
          } catch (error) {
            if (!(error instanceof ProgramError)) throw error;
          }
        }
      }),
      { numRuns: runs(500) },
    );
  });
});
