import type { ProgramBuilder } from "../../tensor/builder.ts";
import { dtypeMax, dtypeMin, inRange } from "../../tensor/dtype.ts";
import { tensor } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/types.ts";
import { decode, encode, type Encoding, sameEncoding } from "../quantize/encoding.ts";
import { toMultiplier } from "../quantize/multiplier.ts";
import type { ClampedLine, Mapped } from "./lowered.ts";
import type { Stored } from "./stored.ts";
import { allocate } from "../../tensor/dtype.ts";

/** Constants of the program by their content. */
export type AddConstant = (tensor: Tensor) => Stored["value"];

/** `x` clamped to the real bounds, without a node where its dtype cannot leave them. */
export function clampStored(builder: ProgramBuilder, x: Stored, low: number, high: number): Stored {
  const { dtype } = x.encoding;
  const lo = low === -Infinity ? dtypeMin(dtype) : encode(low, x.encoding);
  const hi = high === Infinity ? dtypeMax(dtype) : encode(high, x.encoding);
  if (lo === dtypeMin(dtype) && hi === dtypeMax(dtype)) return x;
  return { ...x, value: builder.clamp(x.value, lo, Math.max(lo, hi)) };
}

/** `x` in another encoding: one requantize, or nothing where it has it already. */
export function requantizeTo(builder: ProgramBuilder, x: Stored, encoding: Encoding, bits: number): Stored {
  if (sameEncoding(x.encoding, encoding)) return x;
  const value = builder.requantize(x.value, {
    dtype: encoding.dtype,
    ...toMultiplier(x.encoding.scale / encoding.scale, bits),
    zpIn: x.encoding.zeroPoint,
    zpOut: encoding.zeroPoint,
  });
  return { ...x, value, encoding };
}

/** A line without bounds as one requantize, where its offset is a zero point; bounds that the dtype keeps are none. */
function emitLine(
  builder: ProgramBuilder,
  source: Stored,
  line: ClampedLine,
  encoding: Encoding,
  bits: number,
): Stored | undefined {
  if (line.gain === 1 && line.offset === 0 && sameEncoding(source.encoding, encoding)) {
    return clampStored(builder, source, line.low, line.high);
  }
  const { dtype } = encoding;
  const bites =
    (line.low !== -Infinity && encode(line.low, encoding) > dtypeMin(dtype)) ||
    (line.high !== Infinity && encode(line.high, encoding) < dtypeMax(dtype));
  const zpOut = Math.round(encoding.zeroPoint + line.offset / encoding.scale);
  if (bites || !inRange(dtype, zpOut)) return undefined;
  const value = builder.requantize(source.value, {
    dtype,
    ...toMultiplier((line.gain * source.encoding.scale) / encoding.scale, bits),
    zpIn: source.encoding.zeroPoint,
    zpOut,
  });
  return { ...source, value, encoding };
}

/** A function of a value of at most 16 bits in the wanted encoding: a clamp, a requantize or a table of every input. */
export function emitMapped(
  builder: ProgramBuilder,
  constant: AddConstant,
  { source, map, line }: Mapped,
  encoding: Encoding,
  bits: number,
): Stored {
  const straight = line && emitLine(builder, source, line, encoding, bits);
  if (straight !== undefined) return straight;
  const { dtype } = source.encoding;
  const first = dtypeMin(dtype);
  const entries = allocate(encoding.dtype, dtypeMax(dtype) - first + 1);
  for (let at = 0; at < entries.length; at++) {
    entries[at] = encode(map(decode(first + at, source.encoding)), encoding);
  }
  const table = constant(tensor(encoding.dtype, [entries.length, 1], entries));
  return { ...source, value: builder.lookup(source.value, table, 0 - first), encoding };
}
