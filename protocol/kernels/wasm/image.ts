import type { Workspace } from "./workspace.ts";

type Part = Int16Array | Uint32Array | Float64Array | BigInt64Array | Int32Array;

/** Tables and weights on their way into a workspace: pieces at known distances from where the first will stand. */
export class Image {
  readonly #parts: { readonly offset: number; readonly data: Part }[] = [];
  #size = 0;

  /** Bytes of all pieces. */
  get size(): number {
    return this.#size;
  }

  /** Adds a piece; gives its distance in bytes from the image's address. */
  append(data: Part): number {
    const offset = this.#size;
    this.#parts.push({ offset, data });
    this.#size += Math.ceil(data.byteLength / 16) * 16;
    return offset;
  }

  writeTo(workspace: Workspace, address: number): void {
    for (const { offset, data } of this.#parts) workspace.write(address + offset, data);
  }
}
