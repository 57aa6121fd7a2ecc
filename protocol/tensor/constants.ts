/** Everything that `version` 1 of the program format fixes. No other file repeats one of these numbers. */
export const FORMAT = {
  version: 1,
  magic: "ORTP",
  leafBytes: 1024,
  descriptorBytes: 416,
  attributeCount: 48,
  maxNodes: 65_536,
  maxSlots: 256,
  maxOutputs: 16,
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
  /** What fits into one transaction everywhere: Nitro's sequencer takes 95,000 bytes. */
  maxStepBytes: 80 * 1024,
  maxStepGas: 8_000_000,
} as const;

/**
 * The model of one fraud proof's cost, by which programs are refused that no transaction could judge. The figures are
 * upper bounds of an optimised implementation: calldata at 16 gas a non-zero byte (40 by the floor), SHA-256 by precompile.
 */
export const STEP = {
  /** Facts of the claim, selectors, offsets and lengths of the calldata. */
  fixedBytes: 1280,
  /** Offsets and lengths of one opening. */
  openingBytes: 160,
  transactionGas: 21_000,
  baseGas: 50_000,
  executionByteGas: 16,
  floorByteGas: 40,
  /** One opening: decoded, its tensor's depth and place computed, its root compared. */
  openingGas: 12_000,
  /** Hashing one chunk and copying it. */
  chunkGas: 900,
  /** Hashing one pair of a path. */
  hashGas: 350,
  /** One multiply-accumulate of two operands of one byte, or of any wider ones. */
  byteTermGas: 66,
  wideTermGas: 215,
  /** One addition or comparison of a reduction or a pool, of elements of one byte or wider ones. */
  byteTapGas: 104,
  wideTapGas: 210,
  /** One row of a window: its place found. */
  rowGas: 2_500,
  /** One run of terms or taps that lie side by side: its loop started. */
  runGas: 850,
} as const;
