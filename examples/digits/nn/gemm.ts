/**
 * Dense float32 products, register-blocked. `Math.fround` around every operation lets V8 compute in single precision and
 * fixes the result to the bit: the order of the sums is the order of the loops.
 */

/** out[m, n] = Σ_k a[m, k] · b[n, k]. */
export function multiplyByRows(
  a: Float32Array,
  b: Float32Array,
  out: Float32Array,
  size: { m: number; n: number; k: number },
): void {
  const { m, n, k } = size;
  const tiled = n - (n % 4);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < tiled; column += 4) dot4(a, row * k, b, column * k, k, out, row * n + column);
    for (let column = tiled; column < n; column++) out[row * n + column] = dot(a, row * k, b, column * k, k);
  }
}

function dot4(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  bStart: number,
  k: number,
  out: Float32Array,
  outStart: number,
): void {
  const fround = Math.fround;
  let [s0, s1, s2, s3] = [fround(0), fround(0), fround(0), fround(0)];
  const [b1, b2, b3] = [bStart + k, bStart + 2 * k, bStart + 3 * k];
  for (let i = 0; i < k; i++) {
    const x = a[aStart + i]!;
    s0 = fround(s0 + fround(x * b[bStart + i]!));
    s1 = fround(s1 + fround(x * b[b1 + i]!));
    s2 = fround(s2 + fround(x * b[b2 + i]!));
    s3 = fround(s3 + fround(x * b[b3 + i]!));
  }
  out[outStart] = s0;
  out[outStart + 1] = s1;
  out[outStart + 2] = s2;
  out[outStart + 3] = s3;
}

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, k: number): number {
  const fround = Math.fround;
  let sum = fround(0);
  for (let i = 0; i < k; i++) sum = fround(sum + fround(a[aStart + i]! * b[bStart + i]!));
  return sum;
}

/** out[n, k] += Σ_m g[m, n] · a[m, k]: the gradient of the weights of `multiplyByRows`. */
export function accumulateOuter(
  g: Float32Array,
  a: Float32Array,
  out: Float32Array,
  size: { m: number; n: number; k: number },
): void {
  const { m, n, k } = size;
  const fullRows = m - (m % 4);
  for (let row = 0; row < fullRows; row += 4) {
    for (let column = 0; column < n; column++) outer4(g, row * n + column, n, a, row * k, k, out, column * k);
  }
  const fround = Math.fround;
  for (let row = fullRows; row < m; row++) {
    for (let column = 0; column < n; column++) {
      const scale = g[row * n + column]!;
      for (let i = 0; i < k; i++) {
        out[column * k + i] = fround(out[column * k + i]! + fround(scale * a[row * k + i]!));
      }
    }
  }
}

function outer4(
  g: Float32Array,
  gStart: number,
  n: number,
  a: Float32Array,
  aStart: number,
  k: number,
  out: Float32Array,
  outStart: number,
): void {
  const fround = Math.fround;
  const g0 = g[gStart]!;
  const g1 = g[gStart + n]!;
  const g2 = g[gStart + 2 * n]!;
  const g3 = g[gStart + 3 * n]!;
  // ReLU and pooling leave most gradients zero.
  if (g0 === 0 && g1 === 0 && g2 === 0 && g3 === 0) return;
  const [a1, a2, a3] = [aStart + k, aStart + 2 * k, aStart + 3 * k];
  for (let i = 0; i < k; i++) {
    const first = fround(fround(g0 * a[aStart + i]!) + fround(g1 * a[a1 + i]!));
    const second = fround(fround(g2 * a[a2 + i]!) + fround(g3 * a[a3 + i]!));
    out[outStart + i] = fround(out[outStart + i]! + fround(first + second));
  }
}

/** The transpose of a [rows, columns] matrix. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c]!;
  }
  return out;
}
