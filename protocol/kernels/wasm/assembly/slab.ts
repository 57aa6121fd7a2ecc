/** Inputs as the contractions read them: wider elements, minus a zero point, padding written out. */

/** Type codes of the program format. */
export const I8 = 1;
export const U8 = 2;
export const I16 = 3;
export const I32 = 4;

/** Bytes of an element of type `code`. */
// @ts-ignore: decorator
@inline
export function bytesOf(code: i32): usize {
  return code <= U8 ? 1 : code == I16 ? 2 : 4;
}

/** Writes `count` elements of type `code` as i16, minus `zero`; the differences fit. */
export function toI16(code: i32, from: usize, count: i32, zero: i32, to: usize): void {
  const z = i16x8.splat(<i16>zero);
  const end = to + (<usize>count << 1);
  const whole = to + (<usize>(count & ~7) << 1);
  if (code == I8) {
    for (; to < whole; to += 16, from += 8) v128.store(to, i16x8.sub(v128.load8x8_s(from), z));
    for (; to < end; to += 2, from++) store<i16>(to, <i16>(<i32>load<i8>(from) - zero));
  } else if (code == U8) {
    for (; to < whole; to += 16, from += 8) v128.store(to, i16x8.sub(v128.load8x8_u(from), z));
    for (; to < end; to += 2, from++) store<i16>(to, <i16>(<i32>load<u8>(from) - zero));
  } else {
    for (; to < whole; to += 16, from += 16) v128.store(to, i16x8.sub(v128.load(from), z));
    for (; to < end; to += 2, from += 2) store<i16>(to, <i16>(<i32>load<i16>(from) - zero));
  }
}

/** Writes `count` elements of type `code` as i32. */
export function toI32(code: i32, from: usize, count: i32, to: usize): void {
  const end = to + (<usize>count << 2);
  const whole = to + (<usize>(count & ~3) << 2);
  if (code == I8) {
    for (; to < whole; to += 16, from += 4) {
      v128.store(to, i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(from))));
    }
    for (; to < end; to += 4, from++) store<i32>(to, <i32>load<i8>(from));
  } else if (code == U8) {
    for (; to < whole; to += 16, from += 4) {
      v128.store(to, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from))));
    }
    for (; to < end; to += 4, from++) store<i32>(to, <i32>load<u8>(from));
  } else if (code == I16) {
    for (; to < whole; to += 16, from += 8) v128.store(to, v128.load16x4_s(from));
    for (; to < end; to += 4, from += 2) store<i32>(to, <i32>load<i16>(from));
  } else {
    memory.copy(to, from, <usize>count << 2);
  }
}

function widen(code: i32, wide: i32, from: usize, count: i32, zero: i32, to: usize): void {
  if (wide) toI32(code, from, count, to);
  else toI16(code, from, count, zero, to);
}

/** Fills `count` slab elements with the value of padding. */
function pad(wide: i32, to: usize, count: i32, value: i32): void {
  if (wide) {
    const end = to + (<usize>count << 2);
    for (; to < end; to += 4) store<i32>(to, value);
  } else {
    const end = to + (<usize>count << 1);
    for (; to < end; to += 2) store<i16>(to, <i16>value);
  }
}

/**
 * Writes `lines` padded lines of an image, from line `firstLine` and column `firstColumn` on, which may lie outside of it.
 *
 * @param image address of the line `stagedLine` of the image
 * @param wide 1 for a slab of i32, 0 for one of i16
 * @param zero what is taken off every element
 * @param padding what stands in the slab where there is no pixel
 */
export function fillBand(
  code: i32,
  wide: i32,
  image: usize,
  stagedLine: i32,
  height: i32,
  width: i32,
  channels: i32,
  firstLine: i32,
  lines: i32,
  firstColumn: i32,
  columns: i32,
  zero: i32,
  padding: i32,
  to: usize,
): void {
  const slabShift: usize = wide ? 2 : 1;
  const lineBytes = (<usize>columns * <usize>channels) << slabShift;
  const left = min(max(-firstColumn, 0), columns);
  const right = max(min(width - firstColumn, columns), left);
  const inside = (right - left) * channels;
  for (let line = firstLine; line < firstLine + lines; line++) {
    if (line < 0 || line >= height || inside == 0) {
      pad(wide, to, columns * channels, padding);
    } else {
      if (left > 0) pad(wide, to, left * channels, padding);
      const first = <usize>(line - stagedLine) * <usize>width + <usize>(firstColumn + left);
      const at = to + ((<usize>left * <usize>channels) << slabShift);
      widen(code, wide, image + first * <usize>channels * bytesOf(code), inside, zero, at);
      if (right < columns) {
        pad(wide, to + ((<usize>right * <usize>channels) << slabShift), (columns - right) * channels, padding);
      }
    }
    to += lineBytes;
  }
}
