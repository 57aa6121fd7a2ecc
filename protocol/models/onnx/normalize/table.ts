import { ALGEBRA } from "./algebra.ts";
import type { Normalize } from "./call.ts";
import { EINSUM } from "./einsum.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { QUANTIZED } from "./quantized.ts";
import { RECURRENT } from "./recurrent.ts";
import { RESIZE } from "./resize.ts";
import { SHAPES } from "./shapes.ts";
import { SLICES } from "./slices.ts";
import { WINDOWS } from "./windows.ts";

const NORMALIZERS: ReadonlyMap<string, Normalize> = new Map(
  Object.entries({
    ...ELEMENTWISE,
    ...SHAPES,
    ...SLICES,
    ...WINDOWS,
    ...ALGEBRA,
    ...RESIZE,
    ...RECURRENT,
    ...QUANTIZED,
    ...EINSUM,
  }),
);

/** How an operator of ONNX is brought into canonical form, or undefined for one that is not supported. */
export function normalizerOf(op: string): Normalize | undefined {
  return NORMALIZERS.get(op);
}
