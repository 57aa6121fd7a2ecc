import { decodeDescriptor, encodeDescriptor } from "./codec.ts";
import { FORMAT } from "./constants.ts";
import { ProgramError, requireOf } from "./program-error.ts";
import type { Program } from "./types.ts";

const MAGIC = new TextEncoder().encode(FORMAT.magic);
const VERSION_AT = MAGIC.length;
/** Version, node count, shared slots, shard slots, output node. */
export const HEADER_BYTES = 1 + 4 * 4;
const NODES_AT = MAGIC.length + HEADER_BYTES;

/** The header's rules that need no node. */
export function checkHeader(header: Omit<Program, "nodes">, nodeCount: number): void {
  const require = requireOf(undefined);
  const { version, sharedSlots, shardSlots, outputNode } = header;
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
  require(upTo(outputNode, nodeCount - 1), "header.outputNode", `${outputNode} is no node of ${nodeCount}`);
}

/** version ‖ nodeCount ‖ sharedSlots ‖ shardSlots ‖ outputNode, 17 bytes. */
export function encodeHeader(program: Program): Uint8Array<ArrayBuffer> {
  checkHeader(program, program.nodes.length);
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, program.version);
  view.setUint32(1, program.nodes.length);
  view.setUint32(5, program.sharedSlots);
  view.setUint32(9, program.shardSlots);
  view.setUint32(13, program.outputNode);
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
    outputNode: view.getUint32(VERSION_AT + 13),
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
