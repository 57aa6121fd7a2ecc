import { interpret, tensor, validateProgram } from "@orion/protocol/tensor";
import { expect } from "chai";

import { encodeAll } from "../../../protocol/models/quantize/encoding.ts";
import { drawnInput, measureOcr, OCR_MODELS } from "../../support/models/ocr.ts";
import { runProgram } from "../../support/models/run-program.ts";

describe("PP-OCR as tensor programs", () => {
  it("cls answers as in floating point, bit for bit on the reference interpreter", async () => {
    const { model, agreement } = await measureOcr("cls", { calibration: 8, count: 8, activations: "i16" });
    expect(agreement.equalAnswers).to.equal(8);
    expect(agreement.leastSnr).to.be.greaterThan(30);
    expect(model.report.worstGas).to.be.below(8_000_000);
    const { shape, encoding } = model.inputs[0]!;
    const x = drawnInput("cls", OCR_MODELS.cls.shape, 5);
    const shard = [tensor(encoding.dtype, shape, encodeAll(x.data as Float32Array, encoding))];
    const values = interpret(model.program, { constants: model.constants, shared: [], shard });
    const outputs = model.program.outputNodes.map((node) => values[node]!);
    expect(outputs).to.deep.equal(runProgram(model.program, model.constants, shard));
    expect(validateProgram(model.program).batch).to.equal(1);
  });

  it("det finds the same text", async () => {
    const { agreement } = await measureOcr("det", {
      calibration: 2,
      count: 1,
      shape: [1, 3, 96, 96],
      activations: "i16",
    });
    expect(agreement.leastOverlap).to.be.greaterThan(0.97);
  });

  it("rec reads the same text", async () => {
    const { agreement } = await measureOcr("rec", {
      calibration: 2,
      count: 1,
      shape: [1, 3, 48, 96],
      activations: "i16",
    });
    expect(agreement.equalClasses / agreement.classes).to.be.at.least(0.9);
    expect(agreement.leastSnr).to.be.greaterThan(20);
  });
});
