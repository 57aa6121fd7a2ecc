/** From here on the error function is 1 to the precision of a 32-bit float. */
const SATURATES = 4;

/** Error function by its series 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, all terms of which have one sign. */
export function erf(x: number): number {
  if (Math.abs(x) >= SATURATES) return Math.sign(x);
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-12 * Math.abs(sum); n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
}
