import type { GraphBuilder } from "../../graph/builder.ts";
import { nodeError, quoted } from "../../graph/model-error.ts";
import { numbersOf, tensorFrom } from "../../graph/tensors.ts";
import type { Attribute, GraphTensor, ValueInfo, ValueType } from "../../graph/types.ts";

/** What a model's node is read from. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  /** Version of the operator set that the node's domain has in the model. */
  readonly version: number;
  /** Values of the graph; an input that is left out is the empty string. */
  readonly inputs: readonly string[];
  /** Wanted names of the outputs; the empty string for one that nobody reads. */
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** Turns a node of any operator set into nodes in canonical form and returns the values that its outputs become. */
export type Normalize = (call: OnnxCall) => string[];

/** One node that is being normalised: readers for its attributes and inputs, and `emit` for what it becomes. */
export class OnnxCall {
  readonly node: OnnxNode;
  readonly #builder: GraphBuilder;

  constructor(node: OnnxNode, builder: GraphBuilder) {
    this.node = node;
    this.#builder = builder;
  }

  get version(): number {
    return this.node.version;
  }

  get inputs(): readonly string[] {
    return this.node.inputs;
  }

  fail(rule: string, hint?: string): never {
    throw nodeError(this.node, rule, hint);
  }

  has(index: number): boolean {
    return (this.inputs[index] ?? "") !== "";
  }

  wants(output: number): boolean {
    return (this.node.outputs[output] ?? "") !== "";
  }

  input(index: number): string {
    const name = this.inputs[index] ?? "";
    return name === "" ? this.fail(`input ${index} is missing`) : name;
  }

  info(index: number): ValueInfo {
    return this.#builder.info(this.input(index));
  }

  infoOf(value: string): ValueInfo {
    return this.#builder.info(value);
  }

  constant(index: number): GraphTensor | undefined {
    return this.has(index) ? this.#builder.constantOf(this.input(index)) : undefined;
  }

  /** The numbers of an input that decides about shapes, so it must not depend on the model's inputs. */
  list(index: number, what: string): number[] {
    const tensor = this.constant(index);
    if (tensor !== undefined) return numbersOf(tensor);
    return this.fail(
      `its ${what} (${quoted(this.input(index))}) depend on the values of the model's inputs`,
      "only models whose shapes follow from the input shapes can be imported; an input that selects a shape can be given as a constant",
    );
  }

  number(key: string, otherwise: number): number {
    const value = this.node.attributes.get(key);
    if (value === undefined) return otherwise;
    return typeof value === "number" ? value : this.fail(`attribute ${key} is not a number`);
  }

  text(key: string, otherwise: string): string {
    const value = this.node.attributes.get(key);
    if (value === undefined) return otherwise;
    return typeof value === "string" ? value : this.fail(`attribute ${key} is not a text`);
  }

  numbers(key: string): number[] | undefined {
    const value = this.node.attributes.get(key);
    if (value === undefined) return undefined;
    const isList = Array.isArray(value) && value.every((item) => typeof item === "number");
    return isList ? value : this.fail(`attribute ${key} is not a list of numbers`);
  }

  tensor(key: string): GraphTensor | undefined {
    const value = this.node.attributes.get(key);
    if (value === undefined) return undefined;
    return typeof value === "object" && "data" in value ? value : this.fail(`attribute ${key} is not a tensor`);
  }

  /** An axis that may be counted from the end, as a position from the front. */
  axis(axis: number, rank: number): number {
    const position = axis < 0 ? axis + rank : axis;
    const isRight = Number.isInteger(position) && position >= 0 && position < rank;
    return isRight ? position : this.fail(`axis ${axis} is outside of ${rank} dimensions`);
  }

  /** Refuses an attribute with any other value than the one that is supported. */
  only(key: string, supported: number | string): void {
    const value = typeof supported === "number" ? this.number(key, supported) : this.text(key, supported);
    if (value !== supported) this.fail(`${key} = ${String(value).slice(0, 40)} is not supported, only ${supported}`);
  }

  /** Refuses outputs after the first `count`. */
  onlyOutputs(count: number): void {
    const extra = this.node.outputs.findIndex((name, index) => index >= count && name !== "");
    if (extra >= 0) this.fail(`output ${extra} is not supported`);
  }

  /** A constant of numbers. */
  literal(type: ValueType, dims: readonly number[], values: readonly number[]): string {
    return this.#builder.constant(tensorFrom(type, dims, values), this.#label("value"));
  }

  put(tensor: GraphTensor): string {
    return this.#builder.constant(tensor, this.#label("value"));
  }

  /** Adds an inner node of what this one becomes, and returns its value. */
  emit(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.#add(op, inputs, attributes, [this.#label(op)])[0]!;
  }

  /** Adds the node whose value is the result, under the name that the model has for it. */
  result(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string[] {
    return this.#add(op, inputs, attributes, [this.node.outputs[0] ?? this.#label(op)]);
  }

  /** Adds a node with all outputs of this one. */
  results(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>): string[] {
    return this.#add(op, inputs, attributes, this.node.outputs);
  }

  /** Adds an inner node with a shape of the same elements. */
  reshape(value: string, shape: readonly number[]): string {
    return this.emit("Reshape", [value], { shape });
  }

  #add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: readonly string[],
  ): string[] {
    return this.#builder.add({ op, name: this.node.name, inputs, attributes, outputs });
  }

  #label(suffix: string): string {
    return `${this.node.outputs[0] ?? this.node.name}/${suffix}`;
  }
}
