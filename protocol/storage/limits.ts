/** Chunk and single-block size of this network's content: IPFS's unixfs-v1-2025 profile. Bytes. */
export const CHUNK_BYTES = 1024 * 1024;

/** No block above this is ever accepted: the limit that IPFS peers exchange blocks under. Bytes. */
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024;

/** Links per node of a large file in the unixfs-v1-2025 profile. */
export const MAX_FILE_LINKS = 1024;

/** A CID in text form is never longer: 59 characters in base32, with room for the other bases. */
export const MAX_CID_TEXT = 128;
