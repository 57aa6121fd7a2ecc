import { cidOfBlock } from "./block-hash.ts";
import { DAG_CBOR, RAW } from "./cid.ts";
import type { ContentStore } from "./content-store.ts";
import { encodeDag } from "./dag-cbor.ts";
import { CHUNK_BYTES } from "./limits.ts";
import { importFileBlocks } from "./unixfs-import.ts";
import type { CID } from "multiformats/cid";

/** A store that stores nothing: what is put gets the address that it would have. What is read comes from the store below. */
export function addressOnly(store: ContentStore): ContentStore {
  return {
    ...store,
    putBytes: addressOf,
    async putMany(contents, options = {}) {
      const cids: CID[] = [];
      for await (const bytes of contents) {
        options.signal?.throwIfAborted();
        cids.push(await addressOf(bytes));
        options.onStored?.(cids.length);
      }
      return cids;
    },
    putDag: (value) => cidOfBlock(DAG_CBOR, encodeDag(value)),
  };
}

async function addressOf(bytes: Uint8Array): Promise<CID> {
  return bytes.byteLength <= CHUNK_BYTES ? cidOfBlock(RAW, bytes) : (await importFileBlocks(bytes)).root;
}
