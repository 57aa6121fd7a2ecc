import { numbersOf, type Graph, type Port, type Sample } from "@orion/protocol/models";

import { table } from "../core/table.ts";
import type { Reference } from "./onnx-runtime.ts";

/** How far two arrays of real numbers agree. */
export interface Agreement {
  readonly elements: number;
  readonly largestError: number;
  /** Signal to noise in dB; Infinity where nothing differs. */
  readonly sqnr: number;
  readonly cosine: number;
  /** Share of rows, along the last axis, whose largest element is at the same place. */
  readonly sameArgmax: number;
}

/** @param row elements along the last axis */
export function agreementOf(reference: ArrayLike<number>, values: ArrayLike<number>, row: number): Agreement {
  let [largestError, noise, signal, power, product] = [0, 0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [reference[i]!, values[i]!];
    largestError = Math.max(largestError, Math.abs(a - b));
    noise += (a - b) ** 2;
    signal += a * a;
    power += b * b;
    product += a * b;
  }
  const rows = Math.floor(reference.length / row);
  let same = 0;
  for (let at = 0; at < rows; at++) {
    if (largestAt(reference, at * row, row) === largestAt(values, at * row, row)) same++;
  }
  return {
    elements: reference.length,
    largestError,
    sqnr: noise === 0 ? Infinity : 10 * Math.log10(signal / noise),
    cosine: signal === 0 && power === 0 ? 1 : product / Math.sqrt(signal * power),
    sameArgmax: rows === 0 ? 1 : same / rows,
  };
}

function largestAt(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + best]!) best = i;
  return best;
}

export interface Found extends Agreement {
  readonly against: string;
  readonly output: string;
}

/**
 * How far the outputs of `run` agree with those of float models on the same samples, by model and output.
 * @param run gives the real numbers of all outputs for one sample
 */
export async function agreements(
  graph: Graph,
  outputs: readonly Port[],
  samples: readonly Sample[],
  references: readonly Reference[],
  run: (sample: Sample, done: number) => Promise<Float32Array[]>,
): Promise<Found[]> {
  const reals = references.map(() => outputs.map((): number[][] => []));
  const mine: Float32Array[][] = outputs.map(() => []);
  for (const [done, sample] of samples.entries()) {
    for (const [at, values] of (await run(sample, done)).entries()) mine[at]!.push(values);
    for (const [which, reference] of references.entries()) {
      const values = await reference.run(sample);
      for (const [at, { name }] of outputs.entries()) reals[which]![at]!.push(numbersOf(values.get(name)!));
    }
  }
  return references.flatMap(({ name: against }, which) =>
    outputs.map(({ name: output }, at) => {
      const row = graph.values.get(output)?.dims.at(-1) ?? 1;
      return {
        against,
        output,
        ...agreementOf(
          reals[which]![at]!.flat(),
          mine[at]!.flatMap((part) => [...part]),
          row,
        ),
      };
    }),
  );
}

/** A table of what was found. */
export function agreementLines(found: readonly Found[]): string[] {
  return table(
    ["against", "output", "same largest", "cosine", "signal to noise", "largest error"],
    found.map(({ against, output, sameArgmax, cosine, sqnr, largestError }) => [
      ...[against, output, `${(100 * sameArgmax).toFixed(2)}%`, cosine.toFixed(6)],
      ...[`${sqnr.toFixed(1)} dB`, largestError.toPrecision(4)],
    ]),
  );
}
