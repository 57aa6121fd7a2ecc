import { OPERATORS } from "../../tensor/ops/table.ts";
import { stepCost } from "../../tensor/step-cost.ts";
import type { OpName, Program } from "../../tensor/types.ts";
import { sourceOf, validateProgram } from "../../tensor/validate.ts";
import type { Encodings } from "../quantize/choose-encodings.ts";
import type { Encoding, Range } from "../quantize/encoding.ts";
import type { TensorError } from "./compare.ts";
import type { NodeLowering } from "./lower-graph.ts";
import type { Placement } from "./lowering.ts";

/** A value of the graph that is a node of the program. */
export interface TensorReport {
  readonly name: string;
  /** Index of the node of the program. */
  readonly node: number;
  readonly encoding: Encoding;
  /** Extremes over the samples. */
  readonly range: Range;
  /** Signal to quantisation noise over the samples in dB; undefined if the value was not observed. */
  readonly sqnr: number | undefined;
}

/** The most that a step of one operator needs. */
export interface StepReport {
  readonly op: OpName;
  readonly nodes: number;
  readonly macs: bigint;
  readonly worstGas: number;
  readonly worstBytes: number;
}

/** What is known of a compiled model without running it, and its errors where it was compared. */
export interface CompileReport {
  /** How each node of the graph was lowered, in order. */
  readonly nodes: readonly NodeLowering[];
  readonly tensors: readonly TensorReport[];
  readonly operators: readonly StepReport[];
  readonly programNodes: number;
  readonly macs: bigint;
  /** Units of work of one shard. */
  readonly work: bigint;
  readonly constantBytes: number;
  readonly worstGas: number;
  readonly worstBytes: number;
  /** Error of every value in the program against the float graph; where samples to compare were given. */
  readonly errors?: readonly TensorError[];
}

function stepReports(program: Program): StepReport[] {
  const scope = { nodeCount: program.nodes.length, sharedSlots: program.sharedSlots, shardSlots: program.shardSlots };
  const byOp = new Map<OpName, StepReport>();
  for (const node of program.nodes) {
    if (sourceOf(node) !== "computed") continue;
    const { gas, bytes } = stepCost(node, scope);
    const { macs } = OPERATORS[node.op].cost(node);
    const before = byOp.get(node.op) ?? { op: node.op, nodes: 0, macs: 0n, worstGas: 0, worstBytes: 0 };
    byOp.set(node.op, {
      op: node.op,
      nodes: before.nodes + 1,
      macs: before.macs + macs,
      worstGas: Math.max(before.worstGas, gas),
      worstBytes: Math.max(before.worstBytes, bytes),
    });
  }
  return [...byOp.values()];
}

/** Everything that is known of a compiled program without running it. */
export function createReport(
  program: Program,
  placements: readonly Placement[],
  nodes: readonly NodeLowering[],
  encodings: Encodings,
): CompileReport {
  const facts = validateProgram(program);
  const operators = stepReports(program);
  const tensors = placements.map(({ name, stored: { value, encoding } }) => {
    const [range, sqnr] = [encodings.range(name), encodings.sqnr(name, encoding)];
    return { name, node: value.node, encoding, range, sqnr };
  });
  const widths = { i8: 1, u8: 1, i16: 2, i32: 4 } as const;
  const constantBytes = facts.constantNodes.reduce((sum, index) => {
    const { dtype, dims } = program.nodes[index]!;
    return sum + widths[dtype] * dims.reduce((all, extent) => all * extent, 1);
  }, 0);
  return {
    nodes,
    tensors,
    operators,
    programNodes: program.nodes.length,
    macs: facts.macs,
    work: facts.work,
    constantBytes,
    worstGas: Math.max(...operators.map(({ worstGas }) => worstGas)),
    worstBytes: Math.max(...operators.map(({ worstBytes }) => worstBytes)),
  };
}
