import protobuf from "protobufjs/minimal.js";

import type { GraphTensor, ValueType } from "@orion/protocol/models";

/** An attribute: integers as they are, floats marked, because the two are different fields. */
export type WrittenAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: GraphTensor }
  | { readonly graph: WrittenGraph };

export interface WrittenNode {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, WrittenAttribute>>;
}

export interface WrittenValue {
  readonly name: string;
  readonly type?: ValueType;
  /** Extents; a text is a dimension that the model leaves open. */
  readonly dims?: readonly (number | string)[];
}

export interface WrittenGraph {
  readonly nodes: readonly WrittenNode[];
  readonly inputs?: readonly WrittenValue[];
  readonly outputs: readonly WrittenValue[];
  readonly initializers?: Readonly<Record<string, GraphTensor>>;
}

export interface WrittenModel extends WrittenGraph {
  readonly opset?: number;
  readonly domains?: Readonly<Record<string, number>>;
}

const ELEMENT_TYPES: Readonly<Record<ValueType, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  i16: 5,
  i32: 6,
  i64: 7,
  bool: 9,
  f64: 11,
};

type Writer = protobuf.Writer;

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** Field helpers over protobufjs: each writes one field of the given number. */
export function text(writer: Writer, field: number, value: string): void {
  writer.uint32((field << 3) | BYTES).string(value);
}

export function int(writer: Writer, field: number, value: number): void {
  writer.uint32((field << 3) | VARINT).int64(value);
}

export function message(writer: Writer, field: number, write: (writer: Writer) => void): void {
  writer.uint32((field << 3) | BYTES).fork();
  write(writer);
  writer.ldelim();
}

function bytesOf(data: GraphTensor["data"]): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export function writeTensor(writer: Writer, name: string, tensor: GraphTensor): void {
  for (const dim of tensor.dims) int(writer, 1, dim);
  int(writer, 2, ELEMENT_TYPES[tensor.type]);
  text(writer, 8, name);
  writer.uint32((9 << 3) | BYTES).bytes(bytesOf(tensor.data));
}

function float(writer: Writer, field: number, value: number): void {
  writer.uint32((field << 3) | FIXED32).float(value);
}

function writeAttribute(writer: Writer, name: string, value: WrittenAttribute): void {
  text(writer, 1, name);
  const kind = (number: number): void => int(writer, 20, number);
  if (typeof value === "number") {
    int(writer, 3, value);
    kind(2);
  } else if (typeof value === "string") {
    writer.uint32((4 << 3) | BYTES).bytes(Buffer.from(value));
    kind(3);
  } else if (Array.isArray(value)) {
    for (const item of value as number[]) int(writer, 8, item);
    kind(7);
  } else if ("float" in value) {
    float(writer, 2, value.float);
    kind(1);
  } else if ("floats" in value) {
    for (const item of value.floats) float(writer, 7, item);
    kind(6);
  } else if ("tensor" in value) {
    message(writer, 5, (inner) => writeTensor(inner, name, value.tensor));
    kind(4);
  } else if ("graph" in value) {
    message(writer, 6, (inner) => writeGraph(inner, value.graph));
    kind(5);
  }
}

function writeNode(writer: Writer, node: WrittenNode): void {
  for (const name of node.inputs) text(writer, 1, name);
  for (const name of node.outputs) text(writer, 2, name);
  if (node.name !== undefined) text(writer, 3, node.name);
  text(writer, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(writer, 5, (inner) => writeAttribute(inner, name, value));
  }
  if (node.domain !== undefined) text(writer, 7, node.domain);
}

function writeValue(writer: Writer, { name, type, dims }: WrittenValue): void {
  text(writer, 1, name);
  message(writer, 2, (typeWriter) =>
    message(typeWriter, 1, (tensor) => {
      int(tensor, 1, ELEMENT_TYPES[type ?? "f32"]);
      if (dims === undefined) return;
      message(tensor, 2, (shape) => {
        for (const dim of dims) {
          message(shape, 1, (inner) => (typeof dim === "number" ? int(inner, 1, dim) : text(inner, 2, dim)));
        }
      });
    }),
  );
}

function writeGraph(writer: Writer, graph: WrittenGraph): void {
  for (const node of graph.nodes) message(writer, 1, (inner) => writeNode(inner, node));
  text(writer, 2, "test");
  for (const [name, tensor] of Object.entries(graph.initializers ?? {})) {
    message(writer, 5, (inner) => writeTensor(inner, name, tensor));
  }
  for (const value of graph.inputs ?? []) message(writer, 11, (inner) => writeValue(inner, value));
  for (const value of graph.outputs) message(writer, 12, (inner) => writeValue(inner, value));
}

/** The bytes of an .onnx file. Nothing is checked, so that tests can write models that are wrong. */
export function writeModel(model: WrittenModel): Uint8Array {
  const writer = new protobuf.Writer();
  int(writer, 1, 8);
  message(writer, 7, (inner) => writeGraph(inner, model));
  const opsets = { "": model.opset ?? 17, ...model.domains };
  for (const [domain, version] of Object.entries(opsets)) {
    message(writer, 8, (inner) => {
      text(inner, 1, domain);
      int(inner, 2, version);
    });
  }
  return writer.finish();
}

/** A tensor of 32-bit floats. */
export function f32(dims: readonly number[], values: Iterable<number>): GraphTensor {
  return { type: "f32", dims, data: Float32Array.from(values) };
}

/** A list of 64-bit integers, or a scalar where `dims` is empty. */
export function i64(values: readonly number[], dims: readonly number[] = [values.length]): GraphTensor {
  return { type: "i64", dims, data: BigInt64Array.from(values, BigInt) };
}
