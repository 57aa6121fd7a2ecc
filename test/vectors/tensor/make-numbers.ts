import type { DType } from "@orion/protocol/tensor";
import { clampTo, naiveRequantize, nearestEven } from "../../unit/tensor/naive-oracle.ts";

const DTYPES: readonly DType[] = ["i8", "u8", "i16", "i32"];
const ACCUMULATORS = [
  0n,
  1n,
  -1n,
  3n,
  -3n,
  5n,
  -5n,
  2n ** 31n - 1n,
  -(2n ** 31n),
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 61n,
  -(2n ** 61n) - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n) + 1n,
];
/** Multipliers with shifts that meet: ties, the extremes of both, and 0, which only data can hold. */
const SCALES: readonly (readonly [bigint, bigint])[] = [
  [1n, 0n],
  [1n, 1n],
  [3n, 1n],
  [1n, 62n],
  [2n ** 30n + 1n, 31n],
  [2n ** 31n - 1n, 0n],
  [2n ** 31n - 1n, 62n],
  [0n, 7n],
];
const ZERO_POINTS: Record<DType, readonly bigint[]> = {
  i8: [0n, -128n, 127n],
  u8: [0n, 128n, 255n],
  i16: [0n, -32768n],
  i32: [0n, 2n ** 31n - 1n],
};
const OPERANDS = [0n, 1n, -1n, 2n, -2n, 3n, 5n, -5n, 7n, -7n, 2n ** 31n - 1n, -(2n ** 31n)];

/** Rows [acc, m, s, zp, dtype, result]; numbers that can leave a double stand as text. */
function requantizeRows(): (string | number)[][] {
  return DTYPES.flatMap((dtype) =>
    ACCUMULATORS.flatMap((acc) =>
      SCALES.flatMap(([m, s]) =>
        ZERO_POINTS[dtype].map((zp) => [
          String(acc),
          Number(m),
          Number(s),
          Number(zp),
          dtype,
          Number(naiveRequantize(dtype, acc, m, s, zp)),
        ]),
      ),
    ),
  );
}

/** Rows [p, q, result] of halfEven(p/q). */
function divisionRows(): string[][] {
  const wide = [...OPERANDS, 2n ** 62n + 1n, -(2n ** 94n)];
  return wide.flatMap((p) =>
    wide.filter((q) => q !== 0n).map((q) => [String(p), String(q), String(nearestEven(p, q))]),
  );
}

/** Rows [x, dtype, result]. */
function saturateRows(): (string | number)[][] {
  const values = [...ACCUMULATORS, 127n, 128n, -128n, -129n, 255n, 256n, 32_767n, 32_768n, -32_769n, 2n ** 31n];
  return DTYPES.flatMap((dtype) => values.map((x) => [String(x), dtype, Number(clampTo(dtype, x))]));
}

export interface NumberVectors {
  readonly rule: Readonly<Record<"requantize" | "halfEvenDiv" | "saturate", string>>;
  readonly requantize: readonly (readonly (string | number)[])[];
  readonly halfEvenDiv: readonly (readonly string[])[];
  readonly saturate: readonly (readonly (string | number)[])[];
}

/** Golden vectors of the arithmetic that all operators share, from the naive definitions. */
export function makeNumbers(): NumberVectors {
  return {
    rule: {
      requantize: "[acc, m, s, zp, dtype, sat(zp + halfEven(acc*m / 2^s))]",
      halfEvenDiv: "[p, q, halfEven(p / q)]",
      saturate: "[x, dtype, sat(x)]",
    },
    requantize: requantizeRows(),
    halfEvenDiv: divisionRows(),
    saturate: saturateRows(),
  };
}
