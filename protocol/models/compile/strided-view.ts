import type { ProgramBuilder, Value } from "../../tensor/builder.ts";
import { FORMAT } from "../../tensor/constants.ts";
import { VIEW } from "../../tensor/ops/view.ts";
import { elementCount, sameDims, tensorType } from "../../tensor/shape.ts";
import { Refusal } from "./refusal.ts";

/** Axes that one view moves independently. */
export const MAX_MOVED = 4;

/** One axis of an index map: `extent` elements, `stride` elements of the operand apart. */
export interface Axis {
  readonly extent: number;
  readonly stride: number;
}

/** The same map with as few axes as possible: no extents of 1, and neighbours joined where one stride serves both. */
export function joinAxes(axes: readonly Axis[]): Axis[] {
  const joined: Axis[] = [];
  for (const axis of axes) {
    if (axis.extent === 1) continue;
    const last = joined.at(-1);
    if (last !== undefined && last.stride === axis.stride * axis.extent) {
      joined[joined.length - 1] = { extent: last.extent * axis.extent, stride: axis.stride };
    } else {
      joined.push(axis);
    }
  }
  return joined;
}

/** Strides of the extents `shape` under a map, or undefined where one extent would need two strides. */
function stridesFor(shape: readonly number[], axes: readonly Axis[]): number[] | undefined {
  const rest = [...axes];
  const strides = new Array<number>(shape.length).fill(0);
  for (let at = shape.length - 1; at >= 0; at--) {
    const extent = shape[at]!;
    if (extent === 1) continue;
    const axis = rest.pop();
    if (axis === undefined || axis.extent % extent !== 0) return undefined;
    strides[at] = axis.stride;
    const left = axis.extent / extent;
    if (left > 1) rest.push({ extent: left, stride: axis.stride * extent });
  }
  return strides;
}

function attributes(shape: readonly number[], strides: readonly number[], offset: number): number[] {
  const attrs = new Int32Array(FORMAT.attributeCount);
  attrs[VIEW.offset[0]] = offset;
  attrs.set(strides, VIEW.strides[0]);
  attrs.set(shape, VIEW.hi);
  return [...attrs];
}

const madeBy = new WeakMap<ProgramBuilder, Map<string, Value>>();

/** A node that was made before from the same, or a new one: several readers of a value often want it in one order. */
function once(builder: ProgramBuilder, key: string, make: () => Value): Value {
  const made = madeBy.get(builder) ?? new Map<string, Value>();
  madeBy.set(builder, made);
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}

/** The same elements with other extents, of rank 4. */
export function reshapedValue(builder: ProgramBuilder, x: Value, shape: readonly number[]): Value {
  const type = tensorType(x.dtype, shape);
  if (x.rank === 4 && sameDims(x.dims, type.dims)) return x;
  return once(builder, `reshape ${x.node} ${type.dims.join()}`, () => builder.reshape(x, type.dims));
}

/**
 * The elements that `axes` select from the elements of `x` in memory, from `offset` on, as a node of the four extents
 * `shape`. Takes no node if that changes nothing, one if at most four strides are needed; throws Refusal beyond.
 */
export function stridedView(
  builder: ProgramBuilder,
  x: Value,
  axes: readonly Axis[],
  shape: readonly [number, number, number, number],
  offset = 0,
): Value {
  const joined = joinAxes(axes);
  const count = joined.reduce((all, { extent }) => all * extent, 1);
  const [only] = joined;
  const whole = offset === 0 && count === elementCount(x.dims);
  if (whole && joined.length <= 1 && (only?.stride ?? 1) === 1) return reshapedValue(builder, x, shape);
  const view = (extents: readonly number[], strides: readonly number[]): Value =>
    once(builder, `view ${x.node} ${extents.join()} ${strides.join()} ${offset}`, () =>
      builder.view(tensorType(x.dtype, extents), attributes(extents, strides, offset), x),
    );
  const direct = stridesFor(shape, joined);
  if (direct !== undefined) return view(shape, direct);
  if (joined.length > MAX_MOVED) throw new Refusal(`it moves ${joined.length} axes, a view moves ${MAX_MOVED}`);
  const padded = [...new Array<Axis>(MAX_MOVED - joined.length).fill({ extent: 1, stride: 0 }), ...joined];
  const moved = view(
    padded.map(({ extent }) => extent),
    padded.map(({ stride }) => stride),
  );
  return reshapedValue(builder, moved, shape);
}
