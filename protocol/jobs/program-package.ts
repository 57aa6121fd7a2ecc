import type { CID } from "multiformats/cid";

import { equalBytes, toHex } from "../common/hex.ts";
import { IntegrityError, InvalidInputError } from "../common/errors.ts";
import type { ContentStore } from "../storage/index.ts";
import {
  byteLength,
  decodeProgram,
  FORMAT,
  fromBytes,
  programRoot,
  pureSha256,
  tensorRoot,
  toBytes,
  validateProgram,
  type Program,
  type ProgramFacts,
  type ProgramNode,
  type Sha256,
  type Tensor,
} from "../tensor/index.ts";
import { parseDocument } from "./documents.ts";

/** A program that has passed validation. */
export interface CheckedProgram {
  readonly program: Program;
  readonly root: Uint8Array;
  readonly facts: ProgramFacts;
}

/** A checked program with its weights at hand. */
export interface LoadedProgram extends CheckedProgram {
  /** In node order. */
  readonly constants: readonly Tensor[];
}

export interface LoadOptions {
  readonly sha256?: Sha256;
  readonly signal?: AbortSignal;
  /** Program root (0x-hex) that it must have; checked before any weights are downloaded. */
  readonly expectedRoot?: string;
  /** Refuse before downloading weights if the program's peak memory or weights exceed this many bytes. */
  readonly maxBytes?: bigint;
  /** Judges the facts before any weights are downloaded; throws what the program is refused with. */
  readonly judge?: (facts: ProgramFacts, program: Program) => void;
}

/** Largest program file: 65,536 descriptors and the header. */
const MAX_PROGRAM_BYTES = FORMAT.maxNodes * FORMAT.descriptorBytes + 64;

/**
 * Checks a program and its weights against each other.
 * @throws ProgramError naming the node, InvalidInputError when weights are missing or do not hash to the node's root
 */
export function assembleProgram(
  bytes: Uint8Array,
  constants: readonly Tensor[],
  sha256: Sha256 = pureSha256,
): LoadedProgram {
  const program = decodeProgram(bytes);
  const facts = validateProgram(program);
  if (constants.length !== facts.constantNodes.length) {
    throw new InvalidInputError(
      `the program has ${String(facts.constantNodes.length)} constants, ${String(constants.length)} were given`,
    );
  }
  facts.constantNodes.forEach((node, i) => {
    const expected = program.nodes[node]?.constantRoot;
    const given = constants[i];
    if (expected === undefined || given === undefined || !equalBytes(tensorRoot(toBytes(given), sha256), expected)) {
      throw new InvalidInputError(`constant ${String(i)} is not the tensor that node ${String(node)} names`);
    }
  });
  return { program, root: programRoot(program, sha256), facts, constants };
}

/** Stores program file, weights and the document that links them; resolves to the document's CID. */
export async function putProgram(store: ContentStore, bytes: Uint8Array, constants: readonly Tensor[]): Promise<CID> {
  const [program, ...links] = await store.putMany([bytes, ...constants.map(toBytes)]);
  return store.putDag({ orion: "program/1", program, constants: links });
}

/**
 * Fetches and checks a program without its weights: all that is needed to cut data or join outputs.
 * @throws IntegrityError, InvalidInputError, ProgramError, UnavailableError
 */
export async function checkProgram(store: ContentStore, cid: CID, options: LoadOptions = {}): Promise<CheckedProgram> {
  return (await fetchProgram(store, cid, options)).checked;
}

/**
 * Fetches and checks a program package. Nothing is downloaded that the program's own facts do not announce.
 * @throws IntegrityError, InvalidInputError, ProgramError, UnavailableError
 */
export async function loadProgram(store: ContentStore, cid: CID, options: LoadOptions = {}): Promise<LoadedProgram> {
  const { checked, links } = await fetchProgram(store, cid, options);
  options.judge?.(checked.facts, checked.program);
  const constants: Tensor[] = [];
  for (const [i, index] of checked.facts.constantNodes.entries()) {
    const node = checked.program.nodes[index] as ProgramNode;
    constants.push(await loadTensor(store, links[i] as CID, node, node.constantRoot as Uint8Array, options));
  }
  return { ...checked, constants };
}

async function fetchProgram(
  store: ContentStore,
  cid: CID,
  options: LoadOptions,
): Promise<{ checked: CheckedProgram; links: readonly CID[] }> {
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const document = parseDocument("program/1", await store.getDag(cid, io), `the program ${cid.toString()}`);
  const program = decodeProgram(await store.getBytes(document.program, { maxBytes: MAX_PROGRAM_BYTES, ...io }));
  const root = programRoot(program, options.sha256 ?? pureSha256);
  if (options.expectedRoot !== undefined && toHex(root) !== options.expectedRoot) {
    throw new IntegrityError(`the program ${cid.toString()} has the root ${toHex(root)}, not ${options.expectedRoot}`);
  }
  const facts = validateProgram(program);
  if (options.maxBytes !== undefined && facts.peakBytes > options.maxBytes) {
    throw new InvalidInputError(
      `the program needs ${String(facts.peakBytes)} bytes of memory, the limit is ${String(options.maxBytes)}`,
    );
  }
  if (document.constants.length !== facts.constantNodes.length) {
    throw new IntegrityError(
      `the program ${cid.toString()} links ${String(document.constants.length)} constants but has ${String(facts.constantNodes.length)}`,
    );
  }
  return { checked: { program, root, facts }, links: document.constants };
}

/**
 * Fetches raw tensor bytes, checks their length against the type and their root.
 * @throws IntegrityError when the content is not that tensor
 */
export async function loadTensor(
  store: ContentStore,
  cid: CID,
  type: { dtype: Tensor["dtype"]; rank: number; dims: Tensor["dims"] },
  root: Uint8Array,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<Tensor> {
  const length = byteLength(type);
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const bytes = await store.getBytes(cid, { maxBytes: length, ...io });
  if (bytes.length !== length) {
    throw new IntegrityError(
      `${cid.toString()} holds ${String(bytes.length)} bytes, a tensor of ${String(length)} was announced`,
    );
  }
  const actual = tensorRoot(bytes, options.sha256 ?? pureSha256);
  if (!equalBytes(actual, root)) {
    throw new IntegrityError(`${cid.toString()} has the tensor root ${toHex(actual)}, not ${toHex(root)}`);
  }
  return fromBytes(type, bytes);
}
