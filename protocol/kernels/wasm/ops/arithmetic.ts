import { dtypeCode, dtypeMax, dtypeMin, maxAbs } from "../../../tensor/dtype.ts";
import { EXACT } from "../../../tensor/numbers.ts";
import { attr, operandAt } from "../../../tensor/ops/operator.ts";
import type { ProgramNode } from "../../../tensor/types.ts";
import type { NodeRunner } from "../../kernel-set.ts";
import { SAFE } from "../../rescale.ts";
import type { Workspace } from "../workspace.ts";
import { elementRunner } from "./element-runner.ts";

/** An operator as factors and a rounding: the accumulator's kind, its zero points and factors, then m, s and zp. */
interface Rule {
  readonly kind: 0 | 1 | 2;
  readonly zeros: readonly [number, number];
  readonly factors: readonly [number, number];
  readonly m: number;
  readonly s: number;
  readonly zp: number;
  /** Largest magnitude of the accumulator; exact below 2^53. */
  readonly largest: number;
}

function ruleOf(node: ProgramNode): Rule | undefined {
  const at = (index: number): number => attr(node, index);
  const largest = (operand: number): number => maxAbs(operandAt(node, operand).dtype, at(operand));
  switch (node.op) {
    case "requantize":
      return { kind: 0, zeros: [at(0), 0], factors: [1, 1], m: at(1), s: at(2), zp: at(3), largest: largest(0) };
    case "add":
    case "sub": {
      const factors = [at(2), node.op === "add" ? at(3) : -at(3)] as const;
      const most = largest(0) * at(2) + largest(1) * at(3);
      return { kind: 1, zeros: [at(0), at(1)], factors, m: 1, s: at(4), zp: at(5), largest: most };
    }
    case "mul": {
      const most = largest(0) * largest(1);
      return { kind: 2, zeros: [at(0), at(1)], factors: [1, 1], m: at(2), s: at(3), zp: at(4), largest: most };
    }
    default:
      return undefined;
  }
}

/** requantize, add, sub and mul; undefined for other operators. */
export function prepareArithmetic(workspace: Workspace, node: ProgramNode): NodeRunner | undefined {
  const rule = ruleOf(node);
  if (rule === undefined) return undefined;
  const { kind, zeros, factors, m, s, zp, largest } = rule;
  const [za, zb] = zeros;
  const [ma, mb] = factors;
  const aCode = dtypeCode(operandAt(node, 0).dtype);
  const bCode = kind === 0 ? aCode : dtypeCode(operandAt(node, 1).dtype);
  const [lo, hi, code] = [dtypeMin(node.dtype), dtypeMax(node.dtype), dtypeCode(node.dtype)];
  const { kernels } = workspace;
  if (largest >= EXACT) {
    return elementRunner(workspace, node, (count, a, b, out, room) =>
      kernels.wideArithmetic(kind, count, a, aCode, za, ma, b, bCode, zb, mb, m, s, zp, lo, hi, out, code, room),
    );
  }
  // Exact: the shift only moves the exponent of a multiplier below 2^31.
  const scale = m * 2 ** -s;
  const safe = largest * m < EXACT ? 1 : SAFE;
  return elementRunner(workspace, node, (count, a, b, out, room) =>
    kernels.arithmetic(kind, count, a, aCode, za, ma, b, bCode, zb, mb, m, s, scale, safe, zp, lo, hi, out, code, room),
  );
}
