import { ProgramBuilder, type Value } from "../../tensor/builder.ts";
import type { DType, Tensor } from "../../tensor/types.ts";
import { sameType, tensor } from "../../tensor/shape.ts";
import type { Graph, GraphNode, GraphTensor, ValueInfo } from "../graph/types.ts";
import type { Encodings } from "../quantize/choose-encodings.ts";
import { encodeAll, type Encoding, integers, symmetric } from "../quantize/encoding.ts";
import type { WeightType } from "../quantize/weights.ts";
import { emitMapped, requantizeTo } from "./emit-mapped.ts";
import { IDENTITY_LINE, type Deferred, type Lowered, type Mapped } from "./lowered.ts";
import { Refusal } from "./refusal.ts";
import { fourDims, stored, type Stored } from "./stored.ts";
import { reshapedValue } from "./strided-view.ts";
import type { Uses } from "./uses.ts";

/** Which program node holds a value of the graph, in the order in which they were appended. */
export interface Placement {
  readonly name: string;
  readonly stored: Stored;
}

/** What a compilation starts from. */
export interface LoweringInputs {
  readonly graph: Graph;
  readonly uses: Uses;
  readonly encodings: Encodings;
  /** Means per channel of what contractions read. */
  readonly channelMeans: ReadonlyMap<string, Float64Array>;
  readonly weightType: WeightType;
  /** Bits of multipliers behind calibrated scales. */
  readonly bits: number;
}

/** The state of one compilation: the program so far and what is known of every value of the graph. */
export class Lowering {
  readonly builder = new ProgramBuilder();
  readonly graph: Graph;
  readonly uses: Uses;
  readonly encodings: Encodings;
  readonly channelMeans: ReadonlyMap<string, Float64Array>;
  readonly weightType: WeightType;
  readonly bits: number;
  readonly placements: Placement[] = [];
  readonly #values = new Map<string, Lowered>();
  readonly #given = new Set<number>();
  readonly #constants: { tensor: Tensor; value: Value }[] = [];

  constructor({ graph, uses, encodings, channelMeans, weightType, bits }: LoweringInputs) {
    this.graph = graph;
    this.uses = uses;
    this.encodings = encodings;
    this.channelMeans = channelMeans;
    this.weightType = weightType;
    this.bits = bits;
  }

  info(name: string): ValueInfo {
    const info = this.graph.values.get(name);
    if (info === undefined) throw new Refusal(`the graph does not say what ${name} is`);
    return info;
  }

  dims(name: string): readonly number[] {
    return this.info(name).dims;
  }

  /** The constant of this name, or undefined of a computed value or a left-out input. */
  constantOf(name: string | undefined): GraphTensor | undefined {
    return name === undefined ? undefined : this.graph.constants.get(name);
  }

  /** A constant of the program; equal ones are one node. */
  readonly constant = (wanted: Tensor): Value => {
    const same = this.#constants.find(({ tensor: given }) => sameType(given, wanted) && sameData(given, wanted));
    if (same !== undefined) return same.value;
    const value = this.builder.constant(wanted);
    this.#constants.push({ tensor: wanted, value });
    this.#given.add(value.node);
    return value;
  };

  /** Whether a value was lowered; false behind a node that was refused. */
  has(name: string): boolean {
    return this.#values.has(name) || this.graph.constants.has(name);
  }

  /** Sets what a value of the graph is. */
  set(name: string, lowered: Lowered): void {
    this.#values.set(name, lowered);
    if (lowered.kind === "stored") this.placements.push({ name, stored: lowered });
  }

  /** What is known of a value; a constant becomes a stored one. */
  lowered(name: string): Lowered {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const constant = this.constantOf(name);
    if (constant === undefined) throw new Refusal(`its input ${name} is missing`);
    const made = this.storeConstant(constant);
    this.#values.set(name, made);
    return made;
  }

  /** The value as a node, in its own encoding. */
  stored(name: string): Stored {
    const known = this.lowered(name);
    if (known.kind === "stored") return known;
    const exact = integerEncoding(this.info(name).type);
    const made = this.emit(
      known,
      exact ?? this.encodings.of(name),
      exact !== undefined || this.encodings.isFixed(name),
    );
    this.set(name, made);
    return made;
  }

  /** The value as a node in the given encoding; the only reader of a value that is no node yet gets it directly. */
  storedAs(name: string, encoding: Encoding): Stored {
    const known = this.lowered(name);
    if (known.kind !== "stored" && this.uses.once(name)) {
      const made = this.emit(known, encoding, true);
      this.set(name, made);
      return made;
    }
    return requantizeTo(this.builder, this.stored(name), encoding, this.bits);
  }

  /** Appends what a value needs. A clamp keeps its operand's encoding unless the encoding is fixed. */
  emit(lowered: Lowered, encoding: Encoding, isFixed: boolean): Stored {
    switch (lowered.kind) {
      case "stored":
        return requantizeTo(this.builder, lowered, encoding, this.bits);
      case "deferred":
        return lowered.emit(encoding);
      case "mapped": {
        const { source, line } = lowered;
        const isClamp = line?.gain === 1 && line.offset === 0 && source.encoding.dtype === encoding.dtype;
        const wanted = isClamp && !isFixed ? source.encoding : encoding;
        return emitMapped(this.builder, this.constant, lowered, wanted, this.bits);
      }
    }
  }

  /** The value as a function of one stored in at most 16 bits. */
  mapped(name: string): Mapped {
    const known = this.lowered(name);
    if (known.kind === "mapped") return known;
    const source = this.narrow(name);
    return { kind: "mapped", source, map: (real) => real, line: IDENTITY_LINE };
  }

  /** The value as a node of at most 16 bits. */
  narrow(name: string): Stored {
    const x = this.stored(name);
    if (x.encoding.dtype !== "i32") return x;
    return requantizeTo(this.builder, x, symmetric("i16", this.encodings.range(name)), this.bits);
  }

  /** A deferred value that may still be changed, because nobody else reads it. */
  open(name: string): Deferred | undefined {
    const known = this.#values.get(name);
    return known?.kind === "deferred" && this.uses.once(name) ? known : undefined;
  }

  /** Real numbers as a constant of the program, 16 bits wide unless they are integers. */
  storeConstant(constant: GraphTensor, dims: readonly number[] = constant.dims): Stored {
    const encoding = constantEncoding(constant);
    const reals = Float64Array.from(constant.data as ArrayLike<number | bigint>, Number);
    return this.storeReals(reals, dims, encoding);
  }

  storeReals(reals: Float64Array, dims: readonly number[], encoding: Encoding): Stored {
    const value = this.constant(tensor(encoding.dtype, fourDims(dims), encodeAll(reals, encoding)));
    return stored(value, encoding, dims);
  }

  /** False of a node that a slot or a constant fills. */
  isComputed(value: Value): boolean {
    return !this.#given.has(value.node);
  }

  /** A slot of the program that every shard fills. */
  slot(dtype: DType, shape: readonly number[]): Value {
    const value = this.builder.shardInput(dtype, shape);
    this.#given.add(value.node);
    return value;
  }

  /** The elements of a node with four extents. */
  shaped(value: Value, shape: readonly number[]): Value {
    return reshapedValue(this.builder, value, shape);
  }
}

function sameData(a: Tensor, b: Tensor): boolean {
  return a.data.length === b.data.length && a.data.every((value, at) => value === b.data[at]);
}

const INTEGER_TYPES: Partial<Record<GraphTensor["type"], DType>> = {
  i8: "i8",
  u8: "u8",
  bool: "u8",
  i16: "i16",
  i32: "i32",
  i64: "i32",
};

/** Integers are stored as they are; real numbers as symmetric i16 over their own range. */
export function integerEncoding(type: GraphTensor["type"]): Encoding | undefined {
  const dtype = INTEGER_TYPES[type];
  return dtype && integers(dtype);
}

function constantEncoding(constant: GraphTensor): Encoding {
  const exact = integerEncoding(constant.type);
  if (exact !== undefined) return exact;
  let [low, high] = [0, 0];
  for (const element of constant.data as Float32Array) {
    low = Math.min(low, element);
    high = Math.max(high, element);
  }
  return symmetric("i16", { low, high });
}

/** Names of the inputs that a node has. */
export const inputsOf = (node: GraphNode): string[] => node.inputs.filter((name) => name !== "");
