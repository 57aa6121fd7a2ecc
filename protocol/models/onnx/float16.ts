/** Value of an IEEE 754 half: 1 sign, 5 exponent and 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Widens halves, given as their bits. */
export function widenHalves(bits: ArrayLike<number>): Float32Array {
  return Float32Array.from(bits, halfToNumber);
}

/** Widens bfloat16 values, given as their bits: they are the upper half of a 32-bit float. */
export function widenBfloats(bits: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer);
}
