import type { TypedData } from "../../tensor/types.ts";
import { DeviceFaultError } from "../errors.ts";
import { kernelModule, type WasmKernels } from "./module.ts";
import { webAssembly, type WasmMemory } from "./platform.ts";

const PAGE = 1 << 16;
const ALIGN = 16;
/** Vector loads may begin at the last element and read on. */
const SLACK = 64;

const aligned = (bytes: number): number => Math.ceil((bytes + SLACK) / ALIGN) * ALIGN;

/**
 * The memory of one program's kernels: what is kept for every run (packed weights, tables) below, and above it room that
 * each step of a computation uses anew. A step runs to its end before any other begins, so one such room does for all.
 */
export class Workspace {
  readonly kernels: WasmKernels;
  readonly #memory: WasmMemory;
  #bytes: Uint8Array;
  #kept = ALIGN;
  readonly #data = new Map<TypedData, number>();

  constructor() {
    const { Memory, Instance } = webAssembly();
    this.#memory = new Memory({ initial: 1 });
    const { exports } = new Instance(kernelModule(), { env: { memory: this.#memory } });
    this.kernels = exports as WasmKernels;
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }

  /** Room that stays; gives its address. */
  keep(bytes: number): number {
    const address = this.#kept;
    this.#kept += aligned(bytes);
    this.#ensure(this.#kept);
    return address;
  }

  /** Copies data to a place that stays; the same data is kept once. */
  keepData(data: TypedData): number {
    const known = this.#data.get(data);
    if (known !== undefined) return known;
    const address = this.keep(data.byteLength);
    this.write(address, data);
    this.#data.set(data, address);
    return address;
  }

  /** Addresses of pieces of the room above what is kept, one behind another. Until the next step they are the caller's. */
  scratch<const Sizes extends readonly number[]>(...sizes: Sizes): { [I in keyof Sizes]: number } {
    let end = this.#kept;
    const addresses = sizes.map((bytes) => {
      const address = end;
      end += aligned(bytes);
      return address;
    });
    this.#ensure(end);
    return addresses as { [I in keyof Sizes]: number };
  }

  /** Copies a tensor's elements `from` to `to` (exclusive) to an address. */
  write(
    address: number,
    data: TypedData | Float64Array | BigInt64Array | Uint32Array,
    from = 0,
    to = data.length,
  ): void {
    const { BYTES_PER_ELEMENT: width, buffer, byteOffset } = data;
    this.#bytes.set(new Uint8Array(buffer, byteOffset + from * width, (to - from) * width), address);
  }

  /** Copies as many bytes as `data` has elements from `first` to `first + count` back from an address. */
  read(address: number, data: TypedData, first: number, count: number): void {
    const width = data.BYTES_PER_ELEMENT;
    const target = new Uint8Array(data.buffer, data.byteOffset + first * width, count * width);
    target.set(this.#bytes.subarray(address, address + count * width));
  }

  /** Bytes of memory in use at most so far. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  #ensure(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE));
    } catch {
      throw new DeviceFaultError(`a WebAssembly memory cannot grow to ${end} bytes`, {
        hint: "close what else needs memory, or choose another mode for so large a program",
      });
    }
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }
}
