import type { Normalize, OnnxCall } from "./call.ts";

/** How the windows of a convolution or a pool lie, one entry for each spatial axis. */
interface Layout {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All begins, then all ends. */
  readonly pads: readonly number[];
}

function perAxis(call: OnnxCall, key: string, rank: number, otherwise: number): number[] {
  const list = call.numbers(key) ?? new Array<number>(rank).fill(otherwise);
  const isRight = list.length === rank && list.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31);
  return isRight ? list : call.fail(`${key} needs ${rank} integers`);
}

function extentOf(layout: Omit<Layout, "pads">, axis: number): number {
  return (layout.kernel[axis]! - 1) * layout.dilations[axis]! + 1;
}

/** Splits the padding of an axis into begin and end; an odd one goes to the side that the mode names. */
function halves(total: number, isUpper: boolean): [begin: number, end: number] {
  const small = Math.floor(total / 2);
  return isUpper ? [small, total - small] : [total - small, small];
}

function joinPads(pairs: readonly (readonly [number, number])[]): number[] {
  return [...pairs.map(([begin]) => begin), ...pairs.map(([, end]) => end)];
}

function layoutOf(call: OnnxCall, kernel: readonly number[], size: readonly number[]): Layout {
  const rank = size.length;
  if (kernel.some((extent) => extent < 1)) call.fail("a window is empty");
  const strides = perAxis(call, "strides", rank, 1);
  const dilations = perAxis(call, "dilations", rank, 1);
  if (strides.some((stride) => stride < 1) || dilations.some((dilation) => dilation < 1)) {
    call.fail("strides and dilations are at least 1");
  }
  const open = { kernel, strides, dilations };
  const mode = call.text("auto_pad", "NOTSET");
  if (mode === "NOTSET") {
    const pads = call.numbers("pads") ?? new Array<number>(2 * rank).fill(0);
    if (pads.length !== 2 * rank || pads.some((pad) => !(pad >= 0 && pad < 2 ** 31))) {
      call.fail("its pads are not usable");
    }
    return { ...open, pads };
  }
  if (mode === "VALID") return { ...open, pads: new Array<number>(2 * rank).fill(0) };
  if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") return call.fail(`there is no auto_pad ${mode}`);
  const pairs = size.map((dim, axis) => {
    const out = Math.ceil(dim / strides[axis]!);
    return halves(Math.max((out - 1) * strides[axis]! + extentOf(open, axis) - dim, 0), mode === "SAME_UPPER");
  });
  return { ...open, pads: joinPads(pairs) };
}

/** Spatial extents of an input, and the kernel that the attributes or the weights give. */
function spatialDims(call: OnnxCall): readonly number[] {
  const { dims } = call.info(0);
  if (dims.length < 3 || dims.length > 4) {
    call.fail(`${dims.length - 2} spatial dimensions are not supported, only 1 and 2`);
  }
  return dims.slice(2);
}

function kernelOf(call: OnnxCall, weights: number, rank: number): number[] {
  const kernel = call.infoOf(call.input(weights)).dims.slice(2);
  if (kernel.length !== rank) call.fail("the weights do not have the rank of the input");
  return kernel;
}

/** Attributes of a convolution in canonical form; the weights are input number `weights`. */
export function convAttributes(call: OnnxCall, weights: number): Record<string, number | readonly number[]> {
  const size = spatialDims(call);
  const { strides, dilations, pads } = layoutOf(call, kernelOf(call, weights, size.length), size);
  return { strides, dilations, pads, group: call.number("group", 1) };
}

const conv: Normalize = (call) => call.result("Conv", call.inputs, convAttributes(call, 1));

const convTranspose: Normalize = (call) => {
  const size = spatialDims(call);
  const kernel = kernelOf(call, 1, size.length);
  const extra = perAxis(call, "output_padding", size.length, 0);
  const mode = call.text("auto_pad", "NOTSET");
  const isSame = mode === "SAME_UPPER" || mode === "SAME_LOWER";
  const strides = perAxis(call, "strides", size.length, 1);
  const dilations = perAxis(call, "dilations", size.length, 1);
  const wanted = call.numbers("output_shape") ?? (isSame ? size.map((dim, axis) => dim * strides[axis]!) : undefined);
  let pads = mode === "NOTSET" ? call.numbers("pads") : undefined;
  if (wanted !== undefined) {
    const totals = size.map(
      (dim, axis) =>
        strides[axis]! * (dim - 1) +
        extra[axis]! +
        extentOf({ kernel, strides, dilations }, axis) -
        wanted.at(axis - size.length)!,
    );
    pads = joinPads(totals.map((total) => halves(Math.max(total, 0), mode === "SAME_UPPER")));
    // Only a shape that is asked for is reached by output padding; windows with gaps between them stay as they are.
    if (!isSame) for (const [axis, total] of totals.entries()) extra[axis]! += Math.max(-total, 0);
  }
  pads ??= new Array<number>(2 * size.length).fill(0);
  return call.result("ConvTranspose", call.inputs, {
    strides,
    dilations,
    pads,
    output_padding: extra,
    group: call.number("group", 1),
  });
};

/** Lengthens the end pads where the number of windows is rounded up; `overhang` is by how much. */
function roundUp(layout: Layout, size: readonly number[]): { pads: number[]; overhang: number[] } {
  const rank = size.length;
  const pads = [...layout.pads];
  const overhang = size.map((dim, axis) => {
    const stride = layout.strides[axis]!;
    const padded = dim + pads[axis]! + pads[axis + rank]!;
    let out = Math.ceil((padded - extentOf(layout, axis)) / stride) + 1;
    // The last window begins on the input or on the padding before it.
    if ((out - 1) * stride >= dim + pads[axis]!) out--;
    return Math.max((out - 1) * stride + extentOf(layout, axis) - padded, 0);
  });
  for (const [axis, extra] of overhang.entries()) pads[axis + rank]! += extra;
  return { pads, overhang };
}

/** Attributes of a pool in canonical form. */
export function poolAttributes(call: OnnxCall): Record<string, readonly number[]> {
  const size = spatialDims(call);
  const kernel = call.numbers("kernel_shape") ?? call.fail("it has no kernel_shape");
  if (kernel.length !== size.length) call.fail("kernel_shape does not have the rank of the input");
  const layout = layoutOf(call, kernel, size);
  const { strides, dilations } = layout;
  const flat = { pads: layout.pads, overhang: size.map(() => 0) };
  const { pads, overhang } = call.number("ceil_mode", 0) === 0 ? flat : roundUp(layout, size);
  return { kernel_shape: kernel, strides, dilations, pads, overhang };
}

const maxPool: Normalize = (call) => {
  call.onlyOutputs(1);
  const { kernel_shape, strides, dilations, pads } = poolAttributes(call);
  return call.result("MaxPool", [call.input(0)], {
    kernel_shape: kernel_shape!,
    strides: strides!,
    dilations: dilations!,
    pads: pads!,
  });
};

const averagePool: Normalize = (call) =>
  call.result("AveragePool", [call.input(0)], {
    ...poolAttributes(call),
    count_include_pad: call.number("count_include_pad", 0),
  });

/** Pools over everything are reductions. */
const globalPool =
  (op: string): Normalize =>
  (call) => {
    const { dims } = call.info(0);
    return call.result(op, [call.input(0)], { axes: dims.map((_, axis) => axis).slice(2), keepdims: 1 });
  };

export const WINDOWS: Readonly<Record<string, Normalize>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalPool("ReduceMean"),
  GlobalMaxPool: globalPool("ReduceMax"),
};
