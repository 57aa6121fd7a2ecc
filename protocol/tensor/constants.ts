/** Everything that `version` 1 of the program format fixes. No other file repeats one of these numbers. */
export const FORMAT = {
  version: 1,
  magic: "ORTP",
  leafBytes: 1024,
  descriptorBytes: 416,
  attributeCount: 48,
  maxNodes: 65_536,
  maxSlots: 256,
  maxLeaves: 2 ** 24,
  maxShardsPerClaim: 1024,
  shardsPerPage: 256,
  /** Domain bytes of SHA-256. */
  leafDomain: 0x00,
  innerDomain: 0x01,
  headerDomain: 0x02,
  descriptorDomain: 0x03,
  /** Units of work per byte of a computed node's output. */
  workPerByte: 32,
  /** Units of work in one compute credit. */
  workPerCredit: 10n ** 12n,
  maxStepBytes: 96 * 1024,
  maxStepGas: 8_000_000,
} as const;
