import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { readNpy, writeNpy } from "@orion/protocol/models";

import { IMAGE, smallCnn, smallImages } from "../../support/onnx/small-cnn.ts";
import { orion, type Ran } from "./orion.ts";
import { start, type Running } from "./running.ts";

const SAMPLES = 12;

describe("orion, from a folder that holds only a model and data", function () {
  this.timeout(180_000);
  let folder: string;
  const running: Running[] = [];
  const run = (...args: string[]): Promise<Ran> => orion(args, { cwd: folder });
  const json = async (...args: string[]): Promise<Record<string, unknown>> => {
    const ran = await run(...args, "--json");
    expect(ran.code, ran.stderr).to.equal(0);
    return JSON.parse(ran.stdout) as Record<string, unknown>;
  };
  const file = (name: string): string => path.join(folder, name);
  const floats = async (name: string): Promise<number[]> =>
    Array.from(readNpy(new Uint8Array(await readFile(file(name)))).data as Float32Array);

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "orion-model-"));
    await writeFile(file("model.onnx"), smallCnn(3));
    const dims = [SAMPLES, ...IMAGE.slice(1)];
    await writeFile(file("data.npy"), writeNpy({ type: "f32", dims, data: smallImages(SAMPLES, 5) }));
  });
  after(async () => {
    for (const service of running.reverse()) await service.stop("SIGTERM");
    await rm(folder, { recursive: true, force: true });
  });

  it("inspects the model", async () => {
    const shown = await json("model", "inspect", "model.onnx");
    expect(shown.inputs).to.deep.equal([{ name: "image", type: "f32", shape: IMAGE }]);
    expect(shown.operators).to.include({ Conv: 2, MaxPool: 1 });
  });

  it("asks for data to calibrate with, and says how", async () => {
    const ran = await run("model", "import", "model.onnx");
    expect(ran.code).to.equal(2);
    expect(ran.stderr).to.match(/ranges are not known\nhint: .*--calibrate/);
  });

  it("imports it, and the program agrees with the float model", async () => {
    const imported = await json("model", "import", "model.onnx", "--calibrate", "data.npy");
    expect(imported).to.include({ folder: "model", samples: SAMPLES });
    expect((imported.agreement as { sqnr: number }[])[0]?.sqnr).to.be.greaterThan(30);
    const compared = await json("model", "compare", "model.onnx", "model", "--input", "data.npy");
    const agreement = compared.agreement as { against: string; cosine: number; sameArgmax: number }[];
    expect(agreement.map(({ against }) => against)).to.deep.equal(["float", "ONNX Runtime"]);
    for (const { cosine, sameArgmax } of agreement) {
      expect(cosine).to.be.greaterThan(0.999);
      expect(sameArgmax).to.equal(1);
    }
  });

  it("refuses data whose axes are in another order, or that are no numbers", async () => {
    const dims = [SAMPLES, 12, 12, 2];
    await writeFile(file("nhwc.npy"), writeNpy({ type: "f32", dims, data: new Float32Array(SAMPLES * 288) }));
    const nan = smallImages(1, 1).fill(NaN, 3, 4);
    await writeFile(file("nan.npy"), writeNpy({ type: "f32", dims: IMAGE, data: nan }));
    for (const [args, message] of [
      [
        ["model", "run", "model", "--input", "nhwc.npy"],
        /takes arrays of shape \[n, 1, 12, 12\], not \[12, 12, 12, 2\]/,
      ],
      [["model", "import", "model.onnx", "--calibrate", "nhwc.npy", "--out", "other"], /takes arrays of shape/],
      [["model", "import", "model.onnx", "--calibrate", "nan.npy", "--out", "other"], /is not finite at element 3/],
      [["model", "run", "model.onnx", "--input", "data.npy"], /is not the folder of an imported model/],
    ] as const) {
      const ran = await run(...args);
      expect([ran.code, ran.stdout], args.join(" ")).to.deep.equal([2, ""]);
      expect(ran.stderr).to.match(message);
    }
  });

  it("refuses a folder of which a part is another model's", async () => {
    await json("model", "import", "model.onnx", "--calibrate", "data.npy", "--out", "damaged");
    const weights = file("damaged/weights/00000.npy");
    const other = readNpy(new Uint8Array(await readFile(weights)));
    other.data.fill(1 as never);
    await writeFile(weights, writeNpy(other));
    const ran = await run("model", "run", "damaged", "--input", "data.npy");
    expect([ran.code, ran.stdout]).to.deep.equal([2, ""]);
    expect(ran.stderr).to.match(/folder damaged is damaged: .*\nhint: import the model anew/);
  });

  it("refuses to compare it with another model", async () => {
    await writeFile(file("other.onnx"), smallCnn(4));
    const ran = await run("model", "compare", "other.onnx", "model", "--input", "data.npy");
    expect([ran.code, ran.stdout]).to.deep.equal([2, ""]);
    expect(ran.stderr).to.match(/was imported from another file/);
  });

  it("has a network compute it, to the bit what this machine computes, and gives real numbers back", async () => {
    running.push(start(["devnet", "--port", "0", "--ipfs-port", "0"], folder));
    await running[0]!.until((event) => "network" in event);
    await json("provider", "register", "--stake", "500", "--account", "worker-1");
    running.push(
      start(["worker", "start", "--account", "worker-1", "--interval", "200"], folder),
      start(["keeper", "start", "all", "--all-jobs", "--account", "orchestrator", "--interval", "200"], folder),
    );
    const posted = await json(
      ...["job", "post", "model", "--input", "data.npy", "--profile", "fast", "--account", "engineer"],
    );
    const jobId = posted.jobId as string;
    await run("job", "watch", jobId);
    await json("job", "result", jobId, "--out", "result.npy", "--dequantize", "model");
    await json("model", "import", "other.onnx", "--calibrate", "data.npy");
    const wrong = await run("job", "result", jobId, "--out", "wrong.npy", "--dequantize", "other");
    expect(wrong.code).to.equal(2);
    expect(wrong.stderr).to.match(/computes another program than the model other/);
    await json("model", "run", "model", "--input", "data.npy", "--out", "here.npy", "--dequantize");
    const [there, here] = [await floats("result.npy"), await floats("here.npy")];
    expect(there).to.have.length(SAMPLES * 5);
    expect(there).to.deep.equal(here);
  });
});
