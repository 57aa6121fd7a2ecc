import type { Program, Tensor } from "@orion/protocol/tensor";
import { type Dataset, drawDataset, STREAM } from "./dataset.ts";
import { evaluate } from "./evaluate.ts";
import { encodeFloatWeights } from "./float-weights.ts";
import type { Network } from "./nn/network.ts";
import type { Progress } from "./progress.ts";
import { exportProgram } from "./quantize/export.ts";
import { quantizeNetwork } from "./quantize/quantize.ts";
import type { Recipe } from "./recipe.ts";
import { createReport, type Report } from "./report.ts";
import { classifyWithProgram } from "./run-program.ts";
import { classify, trainNetwork } from "./train.ts";

/** Everything that the example's files hold. */
export interface Digits {
  readonly program: Program;
  /** In node order. */
  readonly constants: readonly Tensor[];
  readonly floatWeights: Uint8Array;
  readonly test: Dataset;
  readonly report: Report;
}

/** Draws, trains, quantises and measures. Equal recipes give equal bytes on one version of Node. */
export function buildDigits(recipe: Recipe, progress: Progress): Digits {
  const training = drawDataset(recipe.seed, STREAM.train, recipe.trainImages);
  const test = drawDataset(recipe.seed, STREAM.test, recipe.testImages);
  progress.line(`drew ${training.count} training and ${test.count} test images from seed ${recipe.seed}`);

  const network = train(training, recipe, progress);
  const float = evaluate(classify(network, test), test.labels);
  progress.line(`float32 network: ${percent(float.accuracy)} of the test images`);

  const { program, constants } = exportProgram(quantizeNetwork(network, training, recipe.calibrationImages));
  const integer = evaluate(
    classifyWithProgram(program, constants, test.images, (done, total) =>
      progress.bar("int8 program", done / total, `${done} of ${total} shards`),
    ),
    test.labels,
  );
  progress.line(`int8 program:    ${percent(integer.accuracy)} of the test images`);
  const report = createReport({ recipe, program, float, integer });
  return { program, constants, floatWeights: encodeFloatWeights(network), test, report };
}

function train(training: Dataset, { seed, epochs }: Recipe, progress: Progress): Network {
  return trainNetwork(training, {
    seed,
    epochs,
    onProgress({ epoch, done, total, loss }) {
      const label = `epoch ${epoch + 1} of ${epochs}`;
      if (done === total) progress.line(`${label}: loss ${loss.toFixed(4)}`);
      else progress.bar(label, done / total, `loss ${loss.toFixed(4)}`);
    },
  });
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)}%`;
}
