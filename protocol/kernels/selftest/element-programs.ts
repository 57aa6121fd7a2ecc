import { ProgramBuilder, type Value } from "../../tensor/builder.ts";
import { dtypeMax, dtypeMin } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/types.ts";
import { randomTensor, type TestCase } from "./programs.ts";

/** No multiple of what any register or block holds. */
const SHAPE = [1, 5, 7, 17] as const;
const WINDOW = { kernel: [2, 3], stride: [2, 1], pad: [1, 2, 0, 1] } as const;
const LARGEST_M = 2 ** 31 - 1;

/** Every operator but contractions on one type, its extremes included: ties, saturation, sums that doubles do not hold. */
export function elementsOf(dtype: DType, random: () => number): TestCase {
  const b = new ProgramBuilder();
  const inputs = [randomTensor(dtype, SHAPE, random), randomTensor(dtype, SHAPE, random)];
  const [x, y] = inputs.map((input) => b.shardInput(input.dtype, SHAPE)) as [Value, Value];
  const [lo, hi] = [dtypeMin(dtype), dtypeMax(dtype)];
  const table = b.constant(randomTensor("i16", [256, 1], random));
  // A zero point beyond one operand's middle makes sums of 33 bits.
  const factors = { ma: dtype === "i32" ? 3 : LARGEST_M, mb: 5, za: lo, zb: hi };
  const outputs = [
    b.requantize(x, { dtype: "i8", m: 1, s: 1, zpIn: lo, zpOut: -128 }),
    b.requantize(x, { dtype: "i32", m: LARGEST_M, s: 31, zpIn: hi }),
    b.requantize(x, { dtype, m: LARGEST_M, s: 62, zpOut: hi }),
    b.add(x, y, { dtype: "i16", ma: 1, mb: 1, s: 1 }),
    b.sub(x, y, { dtype: "i32", ...factors, s: 31 }),
    b.mul(x, y, { dtype: "i32", m: LARGEST_M, s: dtype === "i32" ? 62 : 33 }),
    b.min(b.max(x, y), b.clamp(y, lo + 1, hi - 1)),
    b.lookup(x, table, 128),
    b.div(x, b.clamp(y, Math.max(lo, -2), 2), "i32"),
    b.isqrt(x, "u8"),
    b.reduceSum(x, 1, "i16"),
    b.reduceMax(x, 2),
    b.argmax(x),
    b.maxPool(x, WINDOW),
    b.avgPool(x, { ...WINDOW, zp: lo }),
    b.transpose(x, [0, 3, 1, 2]),
  ];
  return { name: `operators on ${dtype}`, inputs, macs: 0, ...b.build(...outputs) };
}
