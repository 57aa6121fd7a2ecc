import protobuf from "protobufjs";

/** The part of ONNX's format that the benches write, by field numbers of onnx.proto. */
const SCHEMA = {
  nested: {
    Model: {
      fields: {
        irVersion: { type: "int64", id: 1 },
        graph: { type: "Graph", id: 7 },
        opsetImport: { rule: "repeated", type: "Opset", id: 8 },
      },
    },
    Opset: { fields: { domain: { type: "string", id: 1 }, version: { type: "int64", id: 2 } } },
    Graph: {
      fields: {
        node: { rule: "repeated", type: "Node", id: 1 },
        name: { type: "string", id: 2 },
        initializer: { rule: "repeated", type: "Tensor", id: 5 },
        input: { rule: "repeated", type: "Value", id: 11 },
        output: { rule: "repeated", type: "Value", id: 12 },
      },
    },
    Node: {
      fields: {
        input: { rule: "repeated", type: "string", id: 1 },
        output: { rule: "repeated", type: "string", id: 2 },
        opType: { type: "string", id: 4 },
        attribute: { rule: "repeated", type: "Attribute", id: 5 },
        domain: { type: "string", id: 7 },
      },
    },
    Attribute: {
      fields: {
        name: { type: "string", id: 1 },
        ints: { rule: "repeated", type: "int64", id: 8, options: { packed: false } },
        type: { type: "int32", id: 20 },
      },
    },
    Tensor: {
      fields: {
        dims: { rule: "repeated", type: "int64", id: 1, options: { packed: false } },
        dataType: { type: "int32", id: 2 },
        name: { type: "string", id: 8 },
        rawData: { type: "bytes", id: 9 },
      },
    },
    Value: { fields: { name: { type: "string", id: 1 }, type: { type: "Type", id: 2 } } },
    Type: { fields: { tensorType: { type: "TensorType", id: 1 } } },
    TensorType: { fields: { elemType: { type: "int32", id: 1 }, shape: { type: "Shape", id: 2 } } },
    Shape: { fields: { dim: { rule: "repeated", type: "Dimension", id: 1 } } },
    Dimension: { fields: { dimValue: { type: "int64", id: 1 } } },
  },
};

/** Element types of ONNX. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
const INTS = 7;
const IR_VERSION = 8;
const OPSET = 13;
/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT = "com.microsoft";

type Data = Float32Array | Uint8Array | Int8Array | Int32Array;

/** A model under construction: one input `x` and one output `y` of unsigned bytes. */
export class OnnxModel {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];

  constant(name: string, dataType: number, dims: readonly number[], data: Data): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push({ name, dataType, dims, rawData });
    return name;
  }

  node(
    opType: string,
    input: readonly string[],
    output: string,
    attributes: Readonly<Record<string, readonly number[]>> = {},
    domain = "",
  ): string {
    const attribute = Object.entries(attributes).map(([name, ints]) => ({ name, ints, type: INTS }));
    this.#nodes.push({ opType, input, output: [output], attribute, domain });
    return output;
  }

  encode(x: readonly number[], y: readonly number[]): Uint8Array {
    const value = (name: string, dims: readonly number[]): object => ({
      name,
      type: { tensorType: { elemType: UINT8, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
    });
    const type = protobuf.Root.fromJSON(SCHEMA).lookupType("Model");
    const model = {
      irVersion: IR_VERSION,
      opsetImport: [
        { domain: "", version: OPSET },
        { domain: MICROSOFT, version: 1 },
      ],
      graph: {
        name: "bench",
        node: this.#nodes,
        initializer: this.#initializers,
        input: [value("x", x)],
        output: [value("y", y)],
      },
    };
    return type.encode(type.create(model)).finish();
  }
}
