import { sha256 } from "@noble/hashes/sha2.js";

/** Bytes of a digest, and so of every node of every tree. */
export const HASH_BYTES = 32;

/** The hash function of the trees, injected so that Node can use its native code and a browser plain JavaScript. */
export interface Sha256 {
  /** SHA-256 of one message, 32 bytes, newly allocated. */
  digest(message: Uint8Array): Uint8Array;
  /**
   * Hashes `out.length / 32` records: digest i is SHA-256 of the byte `domain` followed by
   * `data[i·recordBytes, (i+1)·recordBytes)`, with zero bytes where `data` ends early.
   */
  digestRecords(domain: number, recordBytes: number, data: Uint8Array, out: Uint8Array): void;
}

/** Writes SHA-256 of `message` to `out[offset, offset + 32)`. */
export type DigestInto = (message: Uint8Array, out: Uint8Array, offset: number) => void;

/** Makes the full interface from a function that hashes one message. */
export function sha256From(digestInto: DigestInto): Sha256 {
  return {
    digest(message) {
      const out = new Uint8Array(HASH_BYTES);
      digestInto(message, out, 0);
      return out;
    },
    digestRecords(domain, recordBytes, data, out) {
      const message = new Uint8Array(1 + recordBytes);
      message[0] = domain;
      for (let from = 0, to = 0; to < out.length; from += recordBytes, to += HASH_BYTES) {
        const record = data.subarray(from, from + recordBytes);
        if (record.length < recordBytes) message.fill(0, 1);
        message.set(record, 1);
        digestInto(message, out, to);
      }
    },
  };
}

/** SHA-256 in plain JavaScript: slower than native code, the same everywhere. */
export const pureSha256: Sha256 = sha256From((message, out, offset) => {
  out.set(sha256(message), offset);
});
