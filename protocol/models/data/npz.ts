import { unzipSync, zipSync } from "fflate";

import { InvalidInputError } from "../../common/errors.ts";
import { NpyError } from "../../tensor/npy-error.ts";
import { quoted } from "../graph/model-error.ts";
import type { GraphTensor } from "../graph/types.ts";
import { readNpy, writeNpy } from "./npy.ts";

const SUFFIX = ".npy";
/** Most bytes of all arrays of a file together, unless the caller allows others. */
const MAX_BYTES = 2 ** 31;
/** numpy itself writes no date: equal arrays give equal files. */
const NO_DATE = new Date(1980, 0, 1);

/**
 * Reads a .npz file, compressed or not: its arrays by name.
 * @param maxBytes most bytes that its arrays may have when unpacked
 * @throws InvalidInputError for what is no .npz file, is too large or holds an array that cannot be read
 */
export function readNpz(bytes: Uint8Array, maxBytes = MAX_BYTES): Map<string, GraphTensor> {
  const arrays = new Map<string, GraphTensor>();
  for (const [file, content] of Object.entries(unzip(bytes, maxBytes))) {
    if (!file.endsWith(SUFFIX)) continue;
    const name = file.slice(0, -SUFFIX.length);
    try {
      arrays.set(name, readNpy(content));
    } catch (cause) {
      if (!(cause instanceof NpyError)) throw cause;
      const { hint } = cause;
      const message = `unusable .npz: array ${quoted(name)}: ${cause.message}`;
      throw new InvalidInputError(message, { cause, ...(hint === undefined ? {} : { hint }) });
    }
  }
  if (arrays.size === 0) {
    throw new InvalidInputError("unusable .npz: it holds no array", { hint: "write it with numpy.savez" });
  }
  return arrays;
}

/** Sizes are judged by the directory of the archive before anything is unpacked. */
function unzip(bytes: Uint8Array, maxBytes: number): Record<string, Uint8Array> {
  let sum = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!name.endsWith(SUFFIX)) return false;
        sum += originalSize;
        if (sum > maxBytes) throw new InvalidInputError(`unusable .npz: its arrays have more than ${maxBytes} bytes`);
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInputError(`unusable .npz: ${reason}`, { cause, hint: "write it with numpy.savez" });
  }
}

/** Names of a model's values may be anything; as a path they must not lead out of the folder in which somebody unpacks the file. */
function fileName(name: string): string {
  return name.replace(/^\/+/, "_").replace(/(^|\/)\.\.(?=\/|$)/g, "$1_");
}

/** The .npz file of some arrays, uncompressed; the same bytes for the same arrays. */
export function writeNpz(arrays: ReadonlyMap<string, GraphTensor>): Uint8Array {
  const files = [...arrays].map(([name, tensor]) => [`${fileName(name)}${SUFFIX}`, writeNpy(tensor)] as const);
  return zipSync(Object.fromEntries(files), { level: 0, mtime: NO_DATE });
}
