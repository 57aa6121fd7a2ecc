import type { Mutant } from "./mutant.ts";

const CONTRACTIONS = ["test/differential/kernels/exact-contractions.test.ts"];
const ELEMENTS = ["test/differential/kernels/exact-elements.test.ts"];
const BESIDE_TIES = ["test/differential/kernels/beside-ties.test.ts"];
const ON_WASM = "on wasm";

/** Of the WebAssembly kernels: one wrong bit costs a worker its lock. */
export const KERNELS: readonly Mutant[] = [
  {
    name: "ties of contractions are trusted to doubles",
    file: "protocol/kernels/wasm/assembly/requantize-rows.ts",
    from: "if (v128.any_true(f64x2.gt(worst, f64x2.splat(safe)))) {",
    to: "if (false) {",
    tests: BESIDE_TIES,
    grep: ON_WASM,
  },
  {
    name: "quotients are thought exact by their bias alone",
    file: "protocol/kernels/wasm/contraction/parameters.ts",
    from: "(Math.abs(bias[n] as number) + largestSum) * odd",
    to: "Math.abs(bias[n] as number) * odd",
    tests: BESIDE_TIES,
    grep: ON_WASM,
  },
  {
    name: "ties of elements are trusted to doubles",
    file: "protocol/kernels/wasm/assembly/arithmetic.ts",
    from: "if (v128.any_true(f64x2.gt(f64x2.pmax(errorLow, errorHigh), trusted))) {",
    to: "if (false) {",
    tests: BESIDE_TIES,
    grep: ON_WASM,
  },
  {
    name: "ties are rounded up instead of to even",
    file: "protocol/kernels/wasm/assembly/rounding.ts",
    from: "(rest == half && (floor & 1) == 1)",
    to: "rest == half",
    tests: ELEMENTS,
    grep: ON_WASM,
  },
  {
    name: "two products of -32768 and -32768 are added in 32 bits",
    file: "protocol/kernels/wasm/contraction/weights.ts",
    from: "const LARGEST_SUM = 2 ** 31 - 1;",
    to: "const LARGEST_SUM = 2 ** 31;",
    tests: CONTRACTIONS,
    grep: ON_WASM,
  },
  {
    name: "sums are twice as long as 32 bits hold",
    file: "protocol/kernels/wasm/contraction/weights.ts",
    from: "if (longest <= limit) return",
    to: "if (longest <= 2 * limit) return",
    tests: CONTRACTIONS,
    grep: ON_WASM,
  },
  {
    name: "the last channels are stored with one too few",
    file: "protocol/kernels/wasm/assembly/requantize-rows.ts",
    from: "if (n + 2 < columns) storeOne",
    to: "if (n + 3 < columns) storeOne",
    tests: CONTRACTIONS,
    grep: ON_WASM,
  },
  {
    name: "padding is zero where the slab still holds the zero point",
    file: "protocol/kernels/wasm/contraction/run-tile.ts",
    from: "      form.padding,\n",
    to: "      0,\n",
    tests: CONTRACTIONS,
    grep: ON_WASM,
  },
];
