import { FORMAT, STEP } from "./constants.ts";
import { dtypeBytes } from "./dtype.ts";
import type { ReadPattern } from "./ops/operator.ts";
import { OPERATORS } from "./ops/table.ts";
import { leafCount } from "./shape.ts";
import type { Operand, ProgramNode } from "./types.ts";

/** Upper bound of what the proof of one wrong element of a node carries and costs. */
export interface StepCost {
  readonly chunks: number;
  /** Chunks, paths, descriptor and fixed parts of the transaction's data. */
  readonly bytes: number;
  /** The larger of the gas of execution and the floor for calldata. */
  readonly gas: number;
}

const HASH = 32;
const log2ceil = (count: number): number => Math.ceil(Math.log2(Math.max(count, 1)));
const TENSOR_DEPTH = log2ceil(FORMAT.maxLeaves);

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Hashes of a range proof over `chunks` leaves of the deepest tensor: both neighbours on every level but the root's. */
function pathHashes(chunks: number): number {
  return chunks === 1 ? TENSOR_DEPTH : 2 * (TENSOR_DEPTH - 1);
}

/** Chunks that `bytes` consecutive bytes touch when they begin at a multiple of `align` bytes, at worst. */
function chunksOf(bytes: number, align: number): number {
  const worstStart = FORMAT.leafBytes - gcd(align, FORMAT.leafBytes);
  return Math.ceil((worstStart + bytes) / FORMAT.leafBytes);
}

/** Chunks and hashes below the tensor root for what an element reads of one operand. */
function readCost(pattern: ReadPattern, operand: Operand): { openings: number; chunks: number; hashes: number } {
  const width = dtypeBytes(operand.dtype);
  const [run, pitch, align] = [pattern.run * width, pattern.pitch * width, pattern.align * width];
  const leaves = leafCount(operand);
  // Runs less than a chunk apart touch the same or neighbouring chunks and are proved as one range.
  const joined = pattern.rows === 1 || pitch - run < FORMAT.leafBytes;
  const openings = joined ? 1 : Math.min(pattern.rows, leaves);
  const chunks = chunksOf(joined ? (pattern.rows - 1) * pitch + run : run, align);
  const hashes = openings * pathHashes(Math.min(chunks, leaves));
  return { openings, chunks: Math.min(openings * chunks, leaves), hashes };
}

/** Hashes from a tensor root up to the root against which operands of this source are proved. */
function rootHashes(operand: Operand, program: { nodeCount: number; sharedSlots: number; shardSlots: number }): number {
  switch (operand.source) {
    case "computed":
      return log2ceil(program.nodeCount);
    case "shared":
    case "shard":
      return log2ceil(program.sharedSlots + 2 ** 32 * program.shardSlots);
    case "constant":
      return 0;
  }
}

/** The worst step of a node whose rules hold; an upper bound at every alignment of the element and its operands. */
export function stepCost(
  node: ProgramNode,
  program: { nodeCount: number; sharedSlots: number; shardSlots: number },
): StepCost {
  const operator = OPERATORS[node.op];
  const nodeDepth = log2ceil(program.nodeCount);
  let [openings, chunks] = [1, 1];
  let hashes = TENSOR_DEPTH + 2 * nodeDepth;
  for (const pattern of operator.reads(node)) {
    const operand = node.operands[pattern.operand]!;
    const cost = readCost(pattern, operand);
    openings += cost.openings;
    chunks += cost.chunks;
    hashes += cost.hashes + cost.openings * rootHashes(operand, program);
  }
  const bytes =
    chunks * FORMAT.leafBytes + hashes * HASH + openings * STEP.openingBytes + FORMAT.descriptorBytes + STEP.fixedBytes;
  const { openingGas, chunkGas, hashGas, baseGas, executionByteGas, floorByteGas, transactionGas } = STEP;
  const execution =
    baseGas +
    openings * openingGas +
    bytes * executionByteGas +
    chunks * chunkGas +
    hashes * hashGas +
    operator.cost(node).stepGas;
  return { chunks, bytes, gas: transactionGas + Math.max(execution, bytes * floorByteGas) };
}
