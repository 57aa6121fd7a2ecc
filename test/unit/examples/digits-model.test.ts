import { expect } from "chai";
import {
  decodeProgram,
  encodeNpy,
  decodeNpy,
  programRoot,
  tensor,
  toBytes,
  tensorRoot,
  validateProgram,
} from "@orion/protocol/tensor";
import { toHex } from "@orion/protocol/common";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { evaluate } from "../../../examples/digits/evaluate.ts";
import { constantNodes, DIGITS_FOLDER, FILES } from "../../../examples/digits/files.ts";
import { accuracyOfResult, type DigitsFiles, loadDigits } from "../../../examples/digits/index.ts";
import type { Report } from "../../../examples/digits/report.ts";
import { classifyWithProgram } from "../../../examples/digits/run-program.ts";

const SUBSET = 256;

describe("digits: committed model", () => {
  let digits: DigitsFiles;
  let report: Report;

  before(async () => {
    digits = await loadDigits();
    report = JSON.parse(await readFile(join(DIGITS_FOLDER, FILES.report), "utf8")) as Report;
  });

  it("is a valid program whose facts the report states", () => {
    const program = decodeProgram(digits.program);
    const facts = validateProgram(program);
    expect(toHex(programRoot(program))).to.equal(report.program.root);
    expect(facts.work.toString()).to.equal(report.program.workPerShard);
    expect(Number(facts.macs) / facts.batch).to.equal(report.program.macsPerImage);
    expect(facts.batch).to.equal(report.program.rowsPerShard);
    expect(Number(facts.peakBytes)).to.equal(report.program.bytesPerShard);
  });

  it("reads every constant with the root that the program fixes", () => {
    const program = decodeProgram(digits.program);
    const roots = constantNodes(program).map((node) => program.nodes[node]?.constantRoot);
    expect(digits.constants.map((constant) => tensorRoot(toBytes(constant)))).to.deep.equal(roots);
  });

  it("brings at least 1,000 images in at least 16 shards, with a label each", () => {
    const test = decodeNpy(digits.test);
    expect(test.dtype).to.equal("u8");
    expect(test.dims).to.deep.equal([digits.labels.length, 28, 28, 1]);
    expect(digits.labels.length).to.be.at.least(1000);
    expect(report.program.shards).to.be.at.least(16);
    expect(Math.ceil(digits.labels.length / report.program.rowsPerShard)).to.equal(report.program.shards);
  });

  it("classifies at least 97% of a part of the test set", function () {
    this.timeout(20_000);
    const images = decodeNpy(digits.test).data.subarray(0, SUBSET * 28 * 28) as Uint8Array;
    const classes = classifyWithProgram(decodeProgram(digits.program), digits.constants, images);
    const result = encodeNpy(tensor("i32", [SUBSET, 1], classes));
    expect(accuracyOfResult(result, digits.labels.subarray(0, SUBSET)).accuracy).to.be.at.least(0.97);
  });

  it("states accuracies that meet the target and agree within one point", () => {
    const { float, int8 } = report.accuracy;
    expect(int8).to.be.at.least(0.97);
    expect(Math.abs(float - int8)).to.be.at.most(0.01);
  });

  it("counts agreement by class and refuses another number of rows", () => {
    const { accuracy, correct, confusion } = evaluate([3, 1, 7, 7], Uint8Array.of(3, 1, 7, 2));
    expect(accuracy).to.equal(0.75);
    expect(correct).to.equal(3);
    expect(confusion[2]?.[7]).to.equal(1);
    expect(() => evaluate([1], Uint8Array.of(1, 2))).to.throw(RangeError, "1 predictions for 2 labels");
    expect(() => evaluate([10], Uint8Array.of(1))).to.throw(RangeError, "class 10");
  });
});
