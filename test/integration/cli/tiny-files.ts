import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { encodeNpy, encodeProgram, type Tensor } from "@orion/protocol/tensor";

import { tinyProgram } from "../../support/network/tiny-job.ts";

/** Writes what `orion job post` takes: model.ortp, images.npy and the folder weights. */
export async function writeTinyFiles(
  folder: string,
  images: Tensor,
  { program, constants } = tinyProgram(),
): Promise<void> {
  await mkdir(path.join(folder, "weights"));
  await writeFile(path.join(folder, "model.ortp"), encodeProgram(program));
  await writeFile(path.join(folder, "images.npy"), encodeNpy(images));
  for (const [i, constant] of constants.entries()) {
    await writeFile(path.join(folder, "weights", `constant-${i}.npy`), encodeNpy(constant));
  }
}
