import { FORMAT } from "./constants.ts";
import { dtypeCode, dtypeOfCode } from "./dtype.ts";
import { checkForm, ROOT_BYTES } from "./form.ts";
import { opOfCode } from "./ops/table.ts";
import { ProgramError, requireOf, type Require } from "./program-error.ts";
import { OPS, type Dims, type Operand, type ProgramNode, type Source, type TensorType } from "./types.ts";

const SOURCES: readonly Source[] = ["computed", "shared", "shard", "constant"];
const WORD = 32;
const MAX_OPERANDS = 3;
const ATTRIBUTES_AT = 7 * WORD;

const operandAt = (index: number): number => (1 + 2 * index) * WORD;

function writeDims(view: DataView, at: number, dims: Dims): void {
  for (const [axis, extent] of dims.entries()) view.setUint32(at + 4 * axis, extent);
}

function writeOperand(bytes: Uint8Array, view: DataView, at: number, operand: Operand): void {
  view.setUint8(at, SOURCES.indexOf(operand.source) + 1);
  view.setUint8(at + 1, dtypeCode(operand.dtype));
  view.setUint8(at + 2, operand.rank);
  view.setUint32(at + 4, operand.node);
  view.setUint32(at + 8, operand.slot);
  writeDims(view, at + 16, operand.dims);
  if (operand.root !== undefined) bytes.set(operand.root, at + WORD);
}

/** The 416-byte record of a node. Throws ProgramError if the node has no encoding. */
export function encodeDescriptor(node: ProgramNode, index?: number): Uint8Array<ArrayBuffer> {
  checkForm(node, index);
  const bytes = new Uint8Array(FORMAT.descriptorBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, OPS[node.op]);
  view.setUint8(1, dtypeCode(node.dtype));
  view.setUint8(2, node.rank);
  view.setUint8(3, node.operands.length);
  writeDims(view, 16, node.dims);
  for (const [at, operand] of node.operands.entries()) writeOperand(bytes, view, operandAt(at), operand);
  for (const [at, value] of node.attrs.entries()) view.setInt32(ATTRIBUTES_AT + 4 * at, value);
  if (node.constantRoot !== undefined) bytes.set(node.constantRoot, ATTRIBUTES_AT);
  return bytes;
}

function requireZero(bytes: Uint8Array, from: number, to: number, field: string, require: Require): void {
  for (let at = from; at < to; at++) require(bytes[at] === 0, field, `unused byte ${at} is not zero`);
}

function readType(view: DataView, at: number, dimsAt: number, field: string, node: number | undefined): TensorType {
  const dtype = dtypeOfCode(view.getUint8(at));
  if (dtype === undefined) {
    throw new ProgramError(node, `${field}dtype`, `no element type has code ${view.getUint8(at)}`);
  }
  const extent = (axis: number): number => view.getUint32(dimsAt + 4 * axis);
  return { dtype, rank: view.getUint8(at + 1), dims: [extent(0), extent(1), extent(2), extent(3)] };
}

function readOperand(bytes: Uint8Array, view: DataView, index: number, node: number | undefined): Operand {
  const at = operandAt(index);
  const field = `operand ${index}.`;
  const source = SOURCES[view.getUint8(at) - 1];
  if (source === undefined) throw new ProgramError(node, `${field}source`, `no source has code ${view.getUint8(at)}`);
  const require = requireOf(node);
  requireZero(bytes, at + 3, at + 4, `${field}reserved`, require);
  requireZero(bytes, at + 12, at + 16, `${field}reserved`, require);
  const isConstant = source === "constant";
  if (!isConstant) requireZero(bytes, at + WORD, at + 2 * WORD, `${field}root`, require);
  return {
    ...readType(view, at + 1, at + 16, field, node),
    source,
    node: view.getUint32(at + 4),
    slot: view.getUint32(at + 8),
    root: isConstant ? bytes.slice(at + WORD, at + WORD + ROOT_BYTES) : undefined,
  };
}

/**
 * The node of a 416-byte record: the inverse of encodeDescriptor, and of nothing else. Throws ProgramError, naming
 * node `index`, for every record that encodeDescriptor does not write.
 */
export function decodeDescriptor(bytes: Uint8Array, index?: number): ProgramNode {
  const require = requireOf(index);
  require(bytes.length ===
    FORMAT.descriptorBytes, "descriptor", `${bytes.length} bytes, not ${FORMAT.descriptorBytes}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = opOfCode(view.getUint8(0));
  if (op === undefined) throw new ProgramError(index, "op", `no operator has code ${view.getUint8(0)}`);
  requireZero(bytes, 4, 16, "reserved", require);
  const count = view.getUint8(3);
  require(count <= MAX_OPERANDS, "operands", `${count} operands, more than ${MAX_OPERANDS}`);
  requireZero(bytes, operandAt(count), ATTRIBUTES_AT, "operands", require);
  const isConstant = op === "constant";
  const attrs = new Int32Array(FORMAT.attributeCount);
  const attributesAt = isConstant ? ATTRIBUTES_AT + WORD : ATTRIBUTES_AT;
  for (let at = attributesAt; at < FORMAT.descriptorBytes; at += 4) attrs[(at - ATTRIBUTES_AT) / 4] = view.getInt32(at);
  const node: ProgramNode = {
    op,
    ...readType(view, 1, 16, "", index),
    operands: Array.from({ length: count }, (_, at) => readOperand(bytes, view, at, index)),
    attrs,
    constantRoot: isConstant ? bytes.slice(ATTRIBUTES_AT, ATTRIBUTES_AT + ROOT_BYTES) : undefined,
  };
  checkForm(node, index);
  return node;
}
