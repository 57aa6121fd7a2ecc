import { InvalidInputError } from "../../common/errors.ts";
import type { GraphTensor } from "../graph/types.ts";
import { readNpy } from "./npy.ts";
import { readNpz } from "./npz.ts";
import { readSafetensors } from "./safetensors.ts";

/** Arrays of a file: named ones, or the one that has no name. */
export type DataFile = { readonly array: GraphTensor } | { readonly arrays: ReadonlyMap<string, GraphTensor> };

const begins = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((byte, at) => bytes[at] === byte);

/**
 * Reads numeric data by its first bytes: .npy (one array), .npz and safetensors (named arrays).
 * @throws InvalidInputError, NpyError that say what is wrong with the file
 */
export function readData(bytes: Uint8Array): DataFile {
  if (begins(bytes, [0x93, 0x4e, 0x55, 0x4d])) return { array: readNpy(bytes) };
  if (begins(bytes, [0x50, 0x4b])) return { arrays: readNpz(bytes) };
  // The header of safetensors is a JSON object behind eight bytes of its length.
  if (bytes[8] === 0x7b) return { arrays: readSafetensors(bytes) };
  throw new InvalidInputError("the file is neither .npy nor .npz nor safetensors", {
    hint: "write it with numpy.save, numpy.savez or safetensors.save_file",
  });
}
