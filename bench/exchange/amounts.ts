/** What a measured swap is of, in pools a million times as deep. */
export const ONE = 10n ** 18n;
export const DEEP = 10n ** 24n;

/** Limits as a wallet sets them: 1% below the price, and a second of this century. */
export const MIN_OUT = 99n * 10n ** 16n;
export const DEADLINE = 4_102_444_800n;
