import * as dagPb from "@ipld/dag-pb";
import { UnixFS } from "ipfs-unixfs";
import type { CID } from "multiformats/cid";
import { cidOfBlock } from "../../../../protocol/storage/block-hash.ts";
import { DAG_PB, RAW } from "../../../../protocol/storage/cid.ts";

/** Blocks in a map, and builders for file nodes that no honest importer would make. */
export class MemoryBlocks {
  readonly #blocks = new Map<string, Uint8Array>();
  loads = 0;

  readonly load = async (cid: CID): Promise<Uint8Array> => {
    this.loads++;
    const bytes = this.#blocks.get(cid.toString());
    if (bytes === undefined) throw new Error(`no block ${cid.toString()}`);
    return Promise.resolve(bytes);
  };

  async put(codec: number, bytes: Uint8Array): Promise<CID> {
    const cid = await cidOfBlock(codec, bytes);
    this.#blocks.set(cid.toString(), bytes);
    return cid;
  }

  raw(bytes: Uint8Array): Promise<CID> {
    return this.put(RAW, bytes);
  }

  /** A file node with the sizes that it declares, true or not. */
  async node(
    children: { cid: CID; size: bigint }[],
    type: "file" | "directory" = "file",
    data?: Uint8Array,
  ): Promise<CID> {
    const file = new UnixFS(data === undefined ? { type } : { type, data });
    for (const { size } of children) file.addBlockSize(size);
    const Links = children.map(({ cid, size }) => ({ Name: "", Tsize: Number(size), Hash: cid }));
    return this.put(DAG_PB, dagPb.encode({ Data: file.marshal(), Links }));
  }
}
