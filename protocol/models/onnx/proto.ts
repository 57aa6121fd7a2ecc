import type { Field, Message } from "./wire.ts";

/** The messages of onnx.proto with the fields that the importer reads; absent fields are undefined. */
export interface ModelProto {
  readonly irVersion?: bigint;
  readonly graph?: GraphProto;
  readonly opsets?: readonly OpsetProto[];
}

export interface OpsetProto {
  readonly domain?: string;
  readonly version?: bigint;
}

export interface GraphProto {
  readonly nodes?: readonly NodeProto[];
  readonly name?: string;
  readonly initializers?: readonly TensorProto[];
  readonly sparseInitializers?: readonly unknown[];
  readonly inputs?: readonly ValueProto[];
  readonly outputs?: readonly ValueProto[];
}

export interface NodeProto {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly name?: string;
  readonly op?: string;
  readonly domain?: string;
  readonly attributes?: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name?: string;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: readonly Uint8Array[];
  readonly ints?: readonly bigint[];
  readonly strings?: readonly Uint8Array[];
  readonly type?: bigint;
  readonly refAttribute?: string;
  readonly sparse?: unknown;
}

export interface TensorProto {
  readonly dims?: readonly bigint[];
  readonly dataType?: bigint;
  readonly floats?: readonly Uint8Array[];
  readonly int32s?: readonly bigint[];
  readonly int64s?: readonly bigint[];
  readonly doubles?: readonly Uint8Array[];
  readonly uint64s?: readonly bigint[];
  readonly name?: string;
  readonly raw?: Uint8Array;
  readonly external?: readonly EntryProto[];
  readonly location?: bigint;
  readonly segment?: unknown;
}

export interface EntryProto {
  readonly key?: string;
  readonly value?: string;
}

export interface ValueProto {
  readonly name?: string;
  readonly type?: { readonly tensor?: { readonly elementType?: bigint; readonly shape?: ShapeProto } };
}

export interface ShapeProto {
  readonly dims?: readonly { readonly value?: bigint; readonly parameter?: string }[];
}

type Rows = readonly (readonly [number: number, field: Field])[];
const message = (rows: Rows): Message => new Map(rows);
const text = (name: string): Field => ({ name, kind: "string" });
const texts = (name: string): Field => ({ name, kind: "string", list: true });
const int = (name: string): Field => ({ name, kind: "int64" });
const ints = (name: string): Field => ({ name, kind: "int64s" });
const one = (name: string, of: () => Message): Field => ({ name, kind: "message", of });
const many = (name: string, of: () => Message): Field => ({ name, kind: "message", of, list: true });

const EMPTY = message([]);

const ENTRY = message([
  [1, text("key")],
  [2, text("value")],
]);

const TENSOR = message([
  [1, ints("dims")],
  [2, int("dataType")],
  [3, one("segment", () => EMPTY)],
  [4, { name: "floats", kind: "floats" }],
  [5, ints("int32s")],
  [7, ints("int64s")],
  [8, text("name")],
  [9, { name: "raw", kind: "bytes" }],
  [10, { name: "doubles", kind: "doubles" }],
  [11, ints("uint64s")],
  [13, many("external", () => ENTRY)],
  [14, int("location")],
]);

const ATTRIBUTE = message([
  [1, text("name")],
  [2, { name: "f", kind: "float" }],
  [3, int("i")],
  [4, { name: "s", kind: "bytes" }],
  [5, one("t", () => TENSOR)],
  [6, one("g", () => GRAPH)],
  [7, { name: "floats", kind: "floats" }],
  [8, ints("ints")],
  [9, { name: "strings", kind: "bytes", list: true }],
  [20, int("type")],
  [21, text("refAttribute")],
  [22, one("sparse", () => EMPTY)],
]);

const NODE = message([
  [1, texts("inputs")],
  [2, texts("outputs")],
  [3, text("name")],
  [4, text("op")],
  [5, many("attributes", () => ATTRIBUTE)],
  [7, text("domain")],
]);

const DIMENSION = message([
  [1, int("value")],
  [2, text("parameter")],
]);
const SHAPE = message([[1, many("dims", () => DIMENSION)]]);
const TENSOR_TYPE = message([
  [1, int("elementType")],
  [2, one("shape", () => SHAPE)],
]);
const TYPE = message([[1, one("tensor", () => TENSOR_TYPE)]]);
const VALUE = message([
  [1, text("name")],
  [2, one("type", () => TYPE)],
]);

const GRAPH: Message = message([
  [1, many("nodes", () => NODE)],
  [2, text("name")],
  [5, many("initializers", () => TENSOR)],
  [11, many("inputs", () => VALUE)],
  [12, many("outputs", () => VALUE)],
  [15, many("sparseInitializers", () => EMPTY)],
]);

const OPSET = message([
  [1, text("domain")],
  [2, int("version")],
]);

/** The root of every ONNX file. */
export const MODEL = message([
  [1, int("irVersion")],
  [7, one("graph", () => GRAPH)],
  [8, many("opsets", () => OPSET)],
]);
