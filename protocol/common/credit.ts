/** Base units of one compute credit (CU), each of which is one unit of work. */
export const CREDIT = 10n ** 18n;
