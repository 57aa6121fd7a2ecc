import { NpyError } from "../../tensor/npy-error.ts";
import { joinNpy, openNpy } from "../../tensor/npy.ts";
import { formatDims, MAX_ELEMENTS, MAX_RANK, stridesOf } from "../graph/dims.ts";
import { allocate, type NumberArray, tensorOf } from "../graph/tensors.ts";
import type { GraphTensor, ValueType } from "../graph/types.ts";
import { bytesOf, readElements, STORAGES, type Storage, type StorageName } from "./element-types.ts";

/** Kinds of elements as numpy names them, without the byte order. */
const KINDS: Readonly<Record<string, StorageName>> = {
  f2: "f16",
  f4: "f32",
  f8: "f64",
  i1: "i8",
  u1: "u8",
  i2: "i16",
  u2: "u16",
  i4: "i32",
  u4: "u32",
  i8: "i64",
  b1: "bool",
};

const DESCR: Readonly<Record<ValueType, string>> = {
  ...{ f32: "<f4", f64: "<f8", i64: "<i8", i32: "<i4", i16: "<i2", i8: "|i1", u8: "|u1", bool: "|b1" },
};

function storageOf(descr: string): Storage & { readonly isBigEndian: boolean } {
  const [, order = "", kind = ""] = /^([|<>=]?)(.*)$/s.exec(descr) ?? [];
  const name = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (name !== undefined) return { ...STORAGES[name], isBigEndian: order === ">" };
  const hint =
    kind.startsWith("O") || kind.startsWith("V")
      ? "an array of Python objects is code, not data; store array.astype(numpy.float32)"
      : "store array.astype(numpy.float32), or an integer type";
  throw new NpyError(
    `its element type is ${descr}; floats of 16 to 64 bits, integers of 8 to 64 bits and booleans can be read`,
    hint,
  );
}

/**
 * Reads a .npy file of version 1.0 to 3.0 of any numeric element type, byte order and memory order. Floats of 16 bits become f32, unsigned
 * integers of 16 and 32 bits the next wider signed type, values of Fortran order are put into C order.
 * @throws NpyError for damaged files and element types that are not numbers, with a hint
 */
export function readNpy(bytes: Uint8Array): GraphTensor {
  const { header, content } = openNpy(bytes);
  const { shape, descr, fortranOrder } = header;
  const storage = storageOf(descr);
  if (shape.length > MAX_RANK) throw new NpyError(`it has ${shape.length} axes, the most are ${MAX_RANK}`);
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count > MAX_ELEMENTS) throw new NpyError(`its shape ${formatDims(shape)} has more than ${MAX_ELEMENTS} elements`);
  const wanted = count * storage.width;
  if (content.length !== wanted) {
    throw new NpyError(`its shape needs ${wanted} bytes of content, but it has ${content.length}`);
  }
  const tensor = readElements(storage, shape, content, storage.isBigEndian);
  return fortranOrder ? fromFortran(tensor) : tensor;
}

/** The same array with its last axis contiguous. */
function fromFortran({ type, dims, ...tensor }: GraphTensor): GraphTensor {
  const data = tensor.data as NumberArray;
  const from = stridesOf([...dims].reverse()).reverse();
  // Numbers or bigints, as in `data`: both arrays have the same type.
  const ordered = allocate(type, data.length) as NumberArray;
  const at = new Array<number>(dims.length).fill(0);
  let source = 0;
  for (let target = 0; target < data.length; target++) {
    ordered[target] = data[source]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      source += from[axis]!;
      if (++at[axis]! < dims[axis]!) break;
      source -= at[axis]! * from[axis]!;
      at[axis] = 0;
    }
  }
  return tensorOf(type, dims, ordered);
}

/** The .npy file of a tensor, in C order. */
export function writeNpy(tensor: GraphTensor): Uint8Array<ArrayBuffer> {
  return joinNpy(DESCR[tensor.type], tensor.dims, bytesOf(tensor));
}
