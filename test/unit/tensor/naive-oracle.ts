import type { DType, ProgramNode, Tensor } from "@orion/protocol/tensor";

/**
 * A second interpreter, written from docs/PROTOCOL.md alone: arbitrary-precision integers and nested coordinates, nothing of
 * protocol/tensor in it but the types.
 */
type Grid = { dims: readonly number[]; at: (i: readonly number[]) => bigint; values: readonly bigint[] };

const RANGES: Record<DType, readonly [bigint, bigint]> = {
  i8: [-128n, 127n],
  u8: [0n, 255n],
  i16: [-32768n, 32767n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
};

export function clampTo(dtype: DType, x: bigint): bigint {
  const [lo, hi] = RANGES[dtype];
  return x < lo ? lo : x > hi ? hi : x;
}

function floorDiv(p: bigint, q: bigint): bigint {
  const quotient = p / q;
  return p % q !== 0n && p < 0n !== q < 0n ? quotient - 1n : quotient;
}

/** Nearest integer to p / q, ties to even, by comparing with the floor. */
export function nearestEven(p: bigint, q: bigint): bigint {
  if (q < 0n) return nearestEven(-p, -q);
  const below = floorDiv(p, q);
  const rest = 2n * (p - below * q);
  if (rest < q) return below;
  if (rest > q) return below + 1n;
  return below % 2n === 0n ? below : below + 1n;
}

export function naiveRequantize(dtype: DType, acc: bigint, m: bigint, s: bigint, zp: bigint): bigint {
  return clampTo(dtype, zp + nearestEven(acc * m, 2n ** s));
}

function gridOf(tensor: Tensor): Grid {
  const values = Array.from(tensor.data, (value) => BigInt(value));
  const { dims } = tensor;
  const at = (i: readonly number[]): bigint => {
    if (i.some((c, d) => c < 0 || c >= dims[d]!)) throw new Error(`[${i.join()}] outside [${dims.join()}]`);
    return values[i.reduce((flat, c, d) => flat * dims[d]! + c, 0)]!;
  };
  return { dims, at, values };
}

function coordinates(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, extent) => all.flatMap((head) => Array.from({ length: extent }, (_, c) => [...head, c])),
    [[]],
  );
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const sum = (terms: readonly bigint[]): bigint => terms.reduce((total, term) => total + term, 0n);
const largest = (terms: readonly bigint[]): bigint => terms.reduce((best, term) => (term > best ? term : best));

function contraction(node: ProgramNode, table: Grid, weights: DType, o: number, terms: (zb: bigint) => bigint): bigint {
  const [bias, m, s, zb] = range(4).map((column) => table.at([0, 0, o, column]));
  const acc = bias! + terms(clampTo(weights, zb!));
  const shift = s! < 0n ? 0n : s! > 62n ? 62n : s!;
  return naiveRequantize(node.dtype, acc, m! > 0n ? m! : 0n, shift, BigInt(node.attrs[1]!));
}

function matmul(node: ProgramNode, [x, w, table]: Grid[], [b0, b1, row, n]: number[]): bigint {
  const za = BigInt(node.attrs[0]!);
  const batch = w!.dims[0] === x!.dims[0] && w!.dims[1] === x!.dims[1] ? [b0!, b1!] : [0, 0];
  return contraction(node, table!, node.operands[1]!.dtype, n!, (zb) =>
    sum(range(x!.dims[3]!).map((k) => (x!.at([b0!, b1!, row!, k]) - za) * (w!.at([...batch, n!, k]) - zb))),
  );
}

function conv2d(node: ProgramNode, [x, w, table]: Grid[], [n, oy, ox, o]: number[]): bigint {
  const [za, , sh, sw, top, left, , , dh, dw, groups] = Array.from(node.attrs);
  const [, height, width] = x!.dims;
  const [outputs, kh, kw, depth] = w!.dims;
  const group = Math.floor((o! * groups!) / outputs!);
  return contraction(node, table!, node.operands[1]!.dtype, o!, (zb) =>
    sum(
      coordinates([kh!, kw!, depth!]).map(([ky, kx, c]) => {
        const [y, xx] = [oy! * sh! - top! + ky! * dh!, ox! * sw! - left! + kx! * dw!];
        if (y < 0 || xx < 0 || y >= height! || xx >= width!) return 0n;
        return (x!.at([n!, y, xx, group * depth! + c!]) - BigInt(za!)) * (w!.at([o!, ky!, kx!, c!]) - zb);
      }),
    ),
  );
}

function windowValues(node: ProgramNode, x: Grid, [n, oy, ox, c]: number[]): bigint[] {
  const [kh, kw, sh, sw, top, left] = Array.from(node.attrs);
  return coordinates([kh!, kw!]).flatMap(([ky, kx]) => {
    const [y, xx] = [oy! * sh! - top! + ky!, ox! * sw! - left! + kx!];
    return y < 0 || xx < 0 || y >= x.dims[1]! || xx >= x.dims[2]! ? [] : [x.at([n!, y, xx, c!])];
  });
}

function view(node: ProgramNode, operands: Grid[], point: number[]): bigint {
  const a = Array.from(node.attrs);
  if (point.some((c, d) => c < a[12 + d]! || c >= a[16 + d]!)) return BigInt(a[20]!);
  const p = point.map((c, d) => c - a[12 + d]!);
  const [axis, split] = [a[10]!, a[11]!];
  if (operands.length === 1 || p[axis]! < split) {
    return operands[0]!.values[p.reduce((index, c, d) => index + c * a[1 + d]!, a[0]!)]!;
  }
  p[axis] = p[axis]! - split;
  return operands[1]!.values[p.reduce((index, c, d) => index + c * a[6 + d]!, a[5]!)]!;
}

function reducedValues(node: ProgramNode, x: Grid, point: number[]): bigint[] {
  const kept = 4 - node.attrs[0]!;
  return coordinates(x.dims.slice(kept)).map((tail) => x.at([...point.slice(0, kept), ...tail]));
}

function lookup(node: ProgramNode, [x, table]: Grid[], point: number[]): bigint {
  const [rows, columns] = [table!.dims[2]!, table!.dims[3]!];
  const index = columns === 1 ? point : [0, ...point.slice(0, 3)];
  const wanted = x!.at(index) + BigInt(node.attrs[0]!);
  const row = wanted < 0n ? 0 : wanted >= BigInt(rows) ? rows - 1 : Number(wanted);
  return table!.at([0, 0, row, columns === 1 ? 0 : point[3]!]);
}

function floorRoot(x: bigint): bigint {
  if (x <= 0n) return 0n;
  let root = 0n;
  for (let bit = 2n ** 16n; bit > 0n; bit /= 2n) if ((root + bit) ** 2n <= x) root += bit;
  return root;
}

function divide(dtype: DType, a: bigint, b: bigint): bigint {
  if (b !== 0n) return clampTo(dtype, nearestEven(a, b));
  return a === 0n ? 0n : RANGES[dtype][a > 0n ? 1 : 0];
}

function element(node: ProgramNode, grids: Grid[], point: number[]): bigint {
  const a = Array.from(node.attrs, BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint, ...bigint[]];
  const at = (operand: number): bigint => grids[operand]!.at(point);
  switch (node.op) {
    case "matmul":
      return matmul(node, grids, point);
    case "conv2d":
      return conv2d(node, grids, point);
    case "requantize":
      return naiveRequantize(node.dtype, at(0) - a[0], a[1], a[2], a[3]);
    case "add":
      return naiveRequantize(node.dtype, (at(0) - a[0]) * a[2] + (at(1) - a[1]) * a[3], 1n, a[4], a[5]);
    case "sub":
      return naiveRequantize(node.dtype, (at(0) - a[0]) * a[2] - (at(1) - a[1]) * a[3], 1n, a[4], a[5]);
    case "mul":
      return naiveRequantize(node.dtype, (at(0) - a[0]) * (at(1) - a[1]), a[2], a[3], a[4]);
    case "max":
      return at(0) > at(1) ? at(0) : at(1);
    case "min":
      return at(0) < at(1) ? at(0) : at(1);
    case "clamp":
      return at(0) < a[0] ? a[0] : at(0) > a[1] ? a[1] : at(0);
    case "lookup":
      return lookup(node, grids, point);
    case "div":
      return divide(node.dtype, at(0), at(1));
    case "isqrt":
      return clampTo(node.dtype, floorRoot(at(0)));
    case "view":
      return view(node, grids, point);
    case "reduceSum":
      return clampTo(node.dtype, sum(reducedValues(node, grids[0]!, point)));
    case "reduceMax":
      return largest(reducedValues(node, grids[0]!, point));
    case "argmax": {
      const values = reducedValues(node, grids[0]!, point);
      return BigInt(values.indexOf(largest(values)));
    }
    case "maxPool":
      return largest(windowValues(node, grids[0]!, point));
    case "avgPool": {
      const values = windowValues(node, grids[0]!, point);
      const zp = BigInt(node.attrs[8]!);
      const count = BigInt(values.length);
      return clampTo(node.dtype, zp + nearestEven(sum(values) - count * zp, count));
    }
    case "input":
    case "constant":
      throw new Error(`${node.op} is not computed`);
  }
}

/** All elements of a computed node from the tensors of its operands. */
export function naiveNode(node: ProgramNode, operands: readonly Tensor[]): number[] {
  const grids = operands.map(gridOf);
  return coordinates(node.dims).map((point) => Number(element(node, grids, point)));
}
