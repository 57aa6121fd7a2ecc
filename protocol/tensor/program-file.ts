import { decodeDescriptor, encodeDescriptor } from "./codec.ts";
import { FORMAT } from "./constants.ts";
import { ProgramError, requireOf, type Require } from "./program-error.ts";
import type { Program } from "./types.ts";

const MAGIC = new TextEncoder().encode(FORMAT.magic);
const VERSION_AT = MAGIC.length;
const OUTPUTS_AT = 1 + 3 * 4 + 1;
/** Version, node count, shared slots, shard slots, output count, 16 output nodes. */
export const HEADER_BYTES = OUTPUTS_AT + 4 * FORMAT.maxOutputs;
const NODES_AT = MAGIC.length + HEADER_BYTES;

/** The header's rules that need no node. */
export function checkHeader(header: Omit<Program, "nodes">, nodeCount: number): void {
  const require = requireOf(undefined);
  const { version, sharedSlots, shardSlots, outputNodes } = header;
  const upTo = (value: number, limit: number): boolean => Number.isInteger(value) && value >= 0 && value <= limit;
  require(version === FORMAT.version, "header.version", `version ${version} is not ${FORMAT.version}`);
  const countFits = nodeCount >= 1 && upTo(nodeCount, FORMAT.maxNodes);
  require(countFits, "header.nodeCount", `${nodeCount} nodes are not 1…${FORMAT.maxNodes}`);
  require(upTo(
    sharedSlots,
    FORMAT.maxSlots,
  ), "header.sharedSlots", `${sharedSlots} slots, more than ${FORMAT.maxSlots}`);
  const shardFits = shardSlots >= 1 && upTo(shardSlots, FORMAT.maxSlots);
  require(shardFits, "header.shardSlots", `${shardSlots} slots are not 1…${FORMAT.maxSlots}`);
  checkOutputs(outputNodes, nodeCount, require);
}

function checkOutputCount(count: number, require: Require): void {
  const countFits = count >= 1 && count <= FORMAT.maxOutputs;
  require(countFits, "header.outputCount", `${count} outputs are not 1…${FORMAT.maxOutputs}`);
}

/** One encoding for one set of outputs: their indices ascend, so none occurs twice. */
function checkOutputs(outputNodes: readonly number[], nodeCount: number, require: Require): void {
  checkOutputCount(outputNodes.length, require);
  for (const [index, node] of outputNodes.entries()) {
    const field = `header.outputNodes[${index}]`;
    const known = Number.isInteger(node) && node >= 0 && node < nodeCount;
    require(known, field, `${node} is no node of ${nodeCount}`);
    const before = outputNodes[index - 1];
    require(before === undefined || before < node, field, `node ${node} does not lie behind node ${before}`);
  }
}

/** version ‖ nodeCount ‖ sharedSlots ‖ shardSlots ‖ outputCount ‖ 16 output nodes (unused ones zero), 78 bytes. */
export function encodeHeader(program: Program): Uint8Array<ArrayBuffer> {
  checkHeader(program, program.nodes.length);
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, program.version);
  view.setUint32(1, program.nodes.length);
  view.setUint32(5, program.sharedSlots);
  view.setUint32(9, program.shardSlots);
  view.setUint8(13, program.outputNodes.length);
  for (const [index, node] of program.outputNodes.entries()) view.setUint32(OUTPUTS_AT + 4 * index, node);
  return bytes;
}

/** The program file. Throws ProgramError if a node or the header has no encoding; it does not validate the program. */
export function encodeProgram(program: Program): Uint8Array<ArrayBuffer> {
  const header = encodeHeader(program);
  const bytes = new Uint8Array(NODES_AT + program.nodes.length * FORMAT.descriptorBytes);
  bytes.set(MAGIC);
  bytes.set(header, VERSION_AT);
  for (const [index, node] of program.nodes.entries()) {
    bytes.set(encodeDescriptor(node, index), NODES_AT + index * FORMAT.descriptorBytes);
  }
  return bytes;
}

function readOutputs(view: DataView, require: Require): number[] {
  const count = view.getUint8(VERSION_AT + OUTPUTS_AT - 1);
  checkOutputCount(count, require);
  const all = Array.from({ length: FORMAT.maxOutputs }, (_, at) => view.getUint32(VERSION_AT + OUTPUTS_AT + 4 * at));
  const unused = all.findIndex((node, at) => at >= count && node !== 0);
  require(unused < 0, `header.outputNodes[${unused}]`, "an unused output is not zero");
  return all.slice(0, count);
}

/**
 * The program of a file: the inverse of encodeProgram, and of nothing else. Sizes are compared before anything is
 * allocated. The result is well-formed but not yet valid: see validateProgram. Throws ProgramError.
 */
export function decodeProgram(bytes: Uint8Array): Program {
  const require = requireOf(undefined);
  require(bytes.length >= NODES_AT, "file", `${bytes.length} bytes are too few for a program`);
  require(MAGIC.every((byte, at) => bytes[at] === byte), "file", "it does not begin with ORTP, so it is no program");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nodeCount = view.getUint32(VERSION_AT + 1);
  const header = {
    version: view.getUint8(VERSION_AT),
    sharedSlots: view.getUint32(VERSION_AT + 5),
    shardSlots: view.getUint32(VERSION_AT + 9),
    outputNodes: readOutputs(view, require),
  };
  checkHeader(header, nodeCount);
  const wanted = NODES_AT + nodeCount * FORMAT.descriptorBytes;
  if (bytes.length !== wanted) {
    throw new ProgramError(undefined, "file", `${bytes.length} bytes where ${nodeCount} nodes need ${wanted}`);
  }
  const nodes = Array.from({ length: nodeCount }, (_, index) => {
    const at = NODES_AT + index * FORMAT.descriptorBytes;
    return decodeDescriptor(bytes.subarray(at, at + FORMAT.descriptorBytes), index);
  });
  return { ...header, nodes };
}
