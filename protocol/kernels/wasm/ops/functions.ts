/** Functions of assembly/ for everything but contractions; each is described there. */
export interface ElementFunctions {
  arithmetic(
    kind: number,
    count: number,
    a: number,
    aCode: number,
    za: number,
    ma: number,
    b: number,
    bCode: number,
    zb: number,
    mb: number,
    m: number,
    s: number,
    scale: number,
    safe: number,
    zp: number,
    lo: number,
    hi: number,
    out: number,
    outCode: number,
    room: number,
  ): void;
  wideArithmetic(
    kind: number,
    count: number,
    a: number,
    aCode: number,
    za: number,
    ma: number,
    b: number,
    bCode: number,
    zb: number,
    mb: number,
    m: number,
    s: number,
    zp: number,
    lo: number,
    hi: number,
    out: number,
    outCode: number,
    room: number,
  ): void;
  extremum(kind: number, code: number, count: number, a: number, b: number, out: number): void;
  clamp(code: number, count: number, x: number, lo: number, hi: number, out: number): void;
  lookup(
    code: number,
    count: number,
    x: number,
    offset: number,
    table: number,
    last: number,
    width: number,
    out: number,
  ): void;
  divide(
    count: number,
    a: number,
    aCode: number,
    b: number,
    bCode: number,
    lo: number,
    hi: number,
    out: number,
    outCode: number,
    room: number,
  ): void;
  squareRoot(count: number, x: number, code: number, hi: number, out: number, outCode: number, room: number): void;
  reduce(
    kind: number,
    code: number,
    rows: number,
    span: number,
    x: number,
    lo: number,
    hi: number,
    outCode: number,
    out: number,
  ): void;
  maxPool(...window: PoolWindow): void;
  averagePool(...window: [...PoolWindow, zp: number, lo: number, hi: number]): void;
}

/** Arguments of both pools. */
export type PoolWindow = [
  code: number,
  x: number,
  firstLine: number,
  height: number,
  width: number,
  channels: number,
  kernelHeight: number,
  kernelWidth: number,
  strideHeight: number,
  strideWidth: number,
  padTop: number,
  padLeft: number,
  line: number,
  lines: number,
  columns: number,
  out: number,
];
