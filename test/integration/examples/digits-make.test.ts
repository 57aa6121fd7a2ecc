import { expect } from "chai";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decodeProgram, encodeProgram, validateProgram } from "@orion/protocol/tensor";
import { drawDataset, STREAM } from "../../../examples/digits/dataset.ts";
import { evaluate } from "../../../examples/digits/evaluate.ts";
import { DIGITS_FOLDER, FILES, readDigits } from "../../../examples/digits/files.ts";
import { decodeFloatWeights } from "../../../examples/digits/float-weights.ts";
import { loadDigits } from "../../../examples/digits/index.ts";
import { exportProgram } from "../../../examples/digits/quantize/export.ts";
import { quantizeNetwork } from "../../../examples/digits/quantize/quantize.ts";
import { QUICK } from "../../../examples/digits/recipe.ts";
import type { Report } from "../../../examples/digits/report.ts";
import { classifyWithProgram } from "../../../examples/digits/run-program.ts";
import { classify } from "../../../examples/digits/train.ts";

const run = promisify(execFile);
const MAKE = join(DIGITS_FOLDER, "make.ts");

async function readReport(folder: string): Promise<Report> {
  return JSON.parse(await readFile(join(folder, FILES.report), "utf8")) as Report;
}

describe("digits: make", function () {
  this.timeout(120_000);

  it("runs the whole pipeline and writes a job that can be posted", async () => {
    const folder = await mkdtemp(join(tmpdir(), "digits-"));
    try {
      const { stderr } = await run(process.execPath, [MAKE, "--quick", "--out", folder]);
      expect(stderr.split("\n").filter((line) => line.startsWith("epoch "))).to.have.length(QUICK.epochs);
      const { program, labels } = await readDigits(folder);
      expect(validateProgram(decodeProgram(program)).batch).to.equal(64);
      expect(labels).to.have.length(QUICK.testImages);
      const { accuracy } = await readReport(folder);
      expect(accuracy.int8, "far above chance").to.be.at.least(0.3);
      expect(Math.abs(accuracy.float - accuracy.int8)).to.be.at.most(0.05);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("ends with 2 and one line for wrong arguments", async () => {
    for (const args of [["--quick"], ["--seed", "x"], ["--no-such-flag"]]) {
      const failure = await run(process.execPath, [MAKE, ...args]).then(
        () => undefined,
        (error: unknown) => error as { code: number; stderr: string },
      );
      expect(failure?.code, args.join(" ")).to.equal(2);
      expect(failure?.stderr.trim().split("\n"), args.join(" ")).to.have.length(1);
    }
  });

  it("states of the committed model what can be computed again from its float weights and its seed", async () => {
    const { recipe, accuracy, confusion } = await readReport(DIGITS_FOLDER);
    const committed = await loadDigits();
    const network = decodeFloatWeights(new Uint8Array(await readFile(join(DIGITS_FOLDER, FILES.floatWeights))));
    const test = drawDataset(recipe.seed, STREAM.test, recipe.testImages);
    expect(test.labels, "labels").to.deep.equal(committed.labels);
    expect(committed.test.subarray(-test.images.length), "images").to.deep.equal(test.images);

    const training = drawDataset(recipe.seed, STREAM.train, recipe.trainImages);
    const { program, constants } = exportProgram(quantizeNetwork(network, training, recipe.calibrationImages));
    expect(encodeProgram(program), "program").to.deep.equal(new Uint8Array(committed.program));

    const float = evaluate(classify(network, test), test.labels);
    const integer = evaluate(classifyWithProgram(program, constants, test.images), test.labels);
    expect(float.accuracy).to.equal(accuracy.float);
    expect(integer.accuracy).to.equal(accuracy.int8);
    expect(integer.confusion).to.deep.equal(confusion);
    expect(integer.accuracy).to.be.at.least(0.97);
    expect(Math.abs(float.accuracy - integer.accuracy)).to.be.at.most(0.01);
  });
});
