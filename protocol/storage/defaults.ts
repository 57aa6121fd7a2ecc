/** Longest time in which an IPFS node may send nothing, or less than 64 KiB of a larger answer, before a transfer is given up. Milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** Further attempts after a first one that found the node unavailable. */
export const DEFAULT_RETRIES = 2;
