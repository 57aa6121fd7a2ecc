/** Reductions over runs of elements that lie side by side. */
import { storeOne } from "./rounding";
import { I16, I8, U8 } from "./slab";

/** `kind`: sat(Σ) (0), the maximum (1), the lowest index of the maximum (2), of each of `rows` runs of `span` elements. */
export function reduce(
  kind: i32,
  code: i32,
  rows: i32,
  span: i32,
  x: usize,
  lo: i32,
  hi: i32,
  outCode: i32,
  out: usize,
): void {
  if (code == I8) reduceOf<i8>(kind, rows, span, x, lo, hi, outCode, out);
  else if (code == U8) reduceOf<u8>(kind, rows, span, x, lo, hi, outCode, out);
  else if (code == I16) reduceOf<i16>(kind, rows, span, x, lo, hi, outCode, out);
  else reduceOf<i32>(kind, rows, span, x, lo, hi, outCode, out);
}

function reduceOf<T>(
  kind: i32,
  rows: i32,
  span: i32,
  x: usize,
  lo: i32,
  hi: i32,
  outCode: i32,
  out: usize,
): void {
  const bytes = <usize>span * sizeof<T>();
  for (let row = 0; row < rows; row++, x += bytes) {
    let value: i32;
    if (kind == 0) {
      const sum = sumOf<T>(x, x + bytes);
      value = <i32>min(max(sum, <i64>lo), <i64>hi);
    } else {
      const largest = maximumOf<T>(x, x + bytes);
      value = kind == 1 ? <i32>largest : placeOf<T>(x, largest);
    }
    out += storeOne(outCode, out, value);
  }
}

function sumOf<T>(x: usize, end: usize): i64 {
  let sum: i64 = 0;
  if (sizeof<T>() < 4) {
    // Lanes of 32 bits: a run has fewer than 2^17 elements, by the bound of a step's proof.
    let lanes = i32x4.splat(0);
    for (; x + 16 <= end; x += 16) {
      const elements = v128.load(x);
      if (sizeof<T>() == 1) {
        const pairs = isSigned<T>() ? i16x8.extadd_pairwise_i8x16_s(elements) : i16x8.extadd_pairwise_i8x16_u(elements);
        lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_s(pairs));
      } else {
        lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_s(elements));
      }
    }
    sum = <i64>i32x4.extract_lane(lanes, 0) + <i64>i32x4.extract_lane(lanes, 1);
    sum += <i64>i32x4.extract_lane(lanes, 2) + <i64>i32x4.extract_lane(lanes, 3);
  }
  for (; x < end; x += sizeof<T>()) sum += <i64>(<i32>load<T>(x));
  return sum;
}

function maximumOf<T>(x: usize, end: usize): T {
  let best = load<T>(x);
  if (x + 16 <= end) {
    let lanes = v128.load(x);
    for (x += 16; x + 16 <= end; x += 16) lanes = v128.max<T>(lanes, v128.load(x));
    if (sizeof<T>() == 1) lanes = v128.max<T>(lanes, i8x16.shuffle(lanes, lanes, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
    if (sizeof<T>() < 4) lanes = v128.max<T>(lanes, v128.shuffle<i16>(lanes, lanes, 1, 0, 3, 2, 5, 4, 7, 6));
    lanes = v128.max<T>(lanes, v128.shuffle<i32>(lanes, lanes, 1, 0, 3, 2));
    lanes = v128.max<T>(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1));
    best = v128.extract_lane<T>(lanes, 0);
  }
  for (; x < end; x += sizeof<T>()) best = max<T>(best, load<T>(x));
  return best;
}

/** Index of the first element that equals `value`; there is one. */
function placeOf<T>(x: usize, value: T): i32 {
  let at = x;
  while (load<T>(at) != value) at += sizeof<T>();
  return <i32>((at - x) / sizeof<T>());
}
