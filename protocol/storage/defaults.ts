/** Longest silence of an IPFS node before a transfer is given up. Milliseconds. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** Further attempts after a first one that found the node unavailable. */
export const DEFAULT_RETRIES = 2;
