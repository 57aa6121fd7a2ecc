import { FORMAT } from "./constants.ts";
import { requireOf, type Require } from "./program-error.ts";
import { OPERATORS } from "./ops/table.ts";
import { typeFault } from "./shape.ts";
import { DTYPES, type Operand, type ProgramNode, type TensorType } from "./types.ts";

export const ROOT_BYTES = 32;

function requireType(type: TensorType, prefix: string, require: Require): void {
  require(DTYPES.includes(type.dtype), `${prefix}dtype`, `${type.dtype} is no element type`);
  const fault = typeFault(type);
  if (fault !== undefined) require(false, `${prefix}${fault.field}`, fault.rule);
}

function requireOperand(operand: Operand, index: number, require: Require): void {
  const prefix = `operand ${index}.`;
  requireType(operand, prefix, require);
  const { node, slot, source, root } = operand;
  const known = Number.isInteger(node) && node >= 0 && node < FORMAT.maxNodes;
  require(known, `${prefix}node`, `${node} is no node index`);
  const isInput = source === "shared" || source === "shard";
  const slotFits = Number.isInteger(slot) && slot >= 0 && slot < FORMAT.maxSlots;
  require(slotFits && (isInput || slot === 0), `${prefix}slot`, `slot ${slot} for a ${source} operand`);
  const isConstant = source === "constant";
  require(isConstant ===
    (root !== undefined), `${prefix}root`, `a ${source} operand ${isConstant ? "needs a" : "has no"} root`);
  require(root === undefined || root.length === ROOT_BYTES, `${prefix}root`, `a root has ${ROOT_BYTES} bytes`);
}

/** The rules that one node alone can break: its own types, its number of operands, what must be zero. */
export function checkForm(node: ProgramNode, index: number | undefined): void {
  const require = requireOf(index);
  const operator = OPERATORS[node.op];
  require(operator !== undefined, "op", `${node.op} is no operator`);
  requireType(node, "", require);
  const count = node.operands.length;
  require(operator.arity.includes(
    count,
  ), "operands", `${count} operands where ${node.op} takes ${operator.arity.join(" or ")}`);
  for (const [at, operand] of node.operands.entries()) requireOperand(operand, at, require);
  require(node.attrs.length === FORMAT.attributeCount, "attrs", `there are ${FORMAT.attributeCount} attribute fields`);
  for (let at = operator.attributes; at < FORMAT.attributeCount; at++) {
    require(node.attrs[at] === 0, `a${at}`, `${node.op} does not use it, so it is zero`);
  }
  const isConstant = node.op === "constant";
  require(isConstant === (node.constantRoot !== undefined), "root", isConstant
    ? "a constant has a root"
    : "only a constant has a root");
  const root = node.constantRoot;
  require(root === undefined || root.length === ROOT_BYTES, "root", `a root has ${ROOT_BYTES} bytes`);
}
