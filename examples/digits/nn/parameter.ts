import type { Random } from "../random.ts";

/** Trainable numbers with the gradient of the current batch. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: Float32Array;
  readonly gradient: Float32Array;
}

/** Normal weights of variance 2 / fanIn (He et al. 2015), which keeps the signal's size through rectified layers. */
export function heParameter(name: string, shape: readonly number[], fanIn: number, random: Random): Parameter {
  const parameter = zeroParameter(name, shape);
  const deviation = Math.sqrt(2 / fanIn);
  for (let i = 0; i < parameter.value.length; i++) parameter.value[i] = deviation * random.normal();
  return parameter;
}

export function zeroParameter(name: string, shape: readonly number[]): Parameter {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { name, shape, value: new Float32Array(length), gradient: new Float32Array(length) };
}
