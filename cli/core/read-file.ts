import { open, stat } from "node:fs/promises";

import { InvalidInputError } from "@orion/protocol/common";

/**
 * Reads a regular file of at most `maxBytes`.
 * @throws InvalidInputError naming the file and the reason
 */
export async function readInput(file: string, what: string, maxBytes: number): Promise<Uint8Array> {
  let handle;
  try {
    handle = await open(file, "r");
    const { size } = await requireFile(handle, file, what);
    if (size > maxBytes) {
      throw new InvalidInputError(`the ${what} ${file} has ${size} bytes, at most ${maxBytes} are allowed`);
    }
    return new Uint8Array(await handle.readFile());
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause;
    const reason =
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (cause as Error).message;
    throw new InvalidInputError(`cannot read the ${what} ${file}: ${reason}`, { cause, hint: "check the path" });
  } finally {
    await handle?.close();
  }
}

/** False for what is not there, too. */
export function isFolder(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function requireFile(
  handle: { stat(): Promise<{ size: number; isFile(): boolean }> },
  file: string,
  what: string,
): Promise<{ size: number }> {
  const found = await handle.stat();
  if (found.isFile()) return found;
  throw new InvalidInputError(`the ${what} ${file} is not a file`);
}
