import { expect } from "chai";
import protobuf from "protobufjs/minimal.js";

import { InvalidInputError } from "@orion/protocol/common";
import { type ExternalData, type GraphTensor, readOnnx } from "@orion/protocol/models";

import { int, message, text } from "../../../support/onnx/write-model.ts";

type Writer = protobuf.Writer;

/** A model whose output is one tensor, written field by field. */
function modelWith(type: number, write: (tensor: Writer) => void): Uint8Array {
  const writer = new protobuf.Writer();
  message(writer, 7, (graph) => {
    message(graph, 5, (tensor) => {
      int(tensor, 2, type);
      text(tensor, 8, "w");
      write(tensor);
    });
    message(graph, 12, (output) => text(output, 1, "w"));
  });
  message(writer, 8, (opset) => int(opset, 2, 17));
  return writer.finish();
}

const raw = (tensor: Writer, bytes: Uint8Array): Writer => tensor.uint32((9 << 3) | 2).bytes(bytes);
const packed = (tensor: Writer, field: number, write: (inner: Writer) => void): void => message(tensor, field, write);

async function read(bytes: Uint8Array, externalData?: ExternalData): Promise<GraphTensor> {
  const graph = await readOnnx(bytes, externalData === undefined ? {} : { externalData });
  return [...graph.constants.values()][0]!;
}

async function refusal(bytes: Uint8Array, externalData?: ExternalData): Promise<string> {
  const error = await read(bytes, externalData).catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(InvalidInputError);
  return (error as InvalidInputError).message;
}

const HALVES = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555);
const HALF_VALUES = [1, -2, 2 ** -24, 65504, Infinity, 0.333251953125];

describe("a tensor of an ONNX file", () => {
  it("is read from raw bytes of every type", async () => {
    const cases: [type: number, bytes: ArrayBufferView, expected: GraphTensor["type"], values: (number | bigint)[]][] =
      [
        [1, Float32Array.of(1.5, -2), "f32", [1.5, -2]],
        [2, Uint8Array.of(1, 255), "u8", [1, 255]],
        [3, Int8Array.of(1, -1), "i8", [1, -1]],
        [4, Uint16Array.of(1, 65535), "i32", [1, 65535]],
        [5, Int16Array.of(1, -300), "i16", [1, -300]],
        [6, Int32Array.of(1, -70000), "i32", [1, -70000]],
        [7, BigInt64Array.of(1n, -(2n ** 60n)), "i64", [1n, -(2n ** 60n)]],
        [9, Uint8Array.of(0, 7), "bool", [0, 1]],
        [10, HALVES, "f32", HALF_VALUES],
        [11, Float64Array.of(0.1), "f64", [0.1]],
        [12, Uint32Array.of(1, 2 ** 32 - 1), "i64", [1n, 2n ** 32n - 1n]],
        [13, BigUint64Array.of(5n), "i64", [5n]],
        [16, Uint16Array.of(0x3f80, 0xc000), "f32", [1, -2]],
      ];
    for (const [type, view, expected, values] of cases) {
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const tensor = await read(
        modelWith(type, (writer) => {
          int(writer, 1, values.length);
          raw(writer, bytes);
        }),
      );
      expect(tensor.type).to.equal(expected);
      expect([...(tensor.data as Iterable<number | bigint>)]).to.deep.equal(values);
    }
  });

  it("is read from typed lists", async () => {
    const floats = modelWith(1, (tensor) => {
      int(tensor, 1, 3);
      packed(tensor, 4, (inner) => inner.float(1.5).float(2.5));
      // The same field once more, unpacked: both belong to one list.
      tensor.uint32((4 << 3) | 5).float(-1);
    });
    expect([...(await read(floats)).data]).to.deep.equal([1.5, 2.5, -1]);
    const bytes = modelWith(3, (tensor) => {
      int(tensor, 1, 2);
      packed(tensor, 5, (inner) => inner.int32(-5).int32(7));
    });
    expect([...(await read(bytes)).data]).to.deep.equal([-5, 7]);
    const halves = modelWith(10, (tensor) => {
      int(tensor, 1, 6);
      packed(tensor, 5, (inner) => HALVES.forEach((half) => inner.int32(half)));
    });
    expect([...(await read(halves)).data]).to.deep.equal(HALF_VALUES);
    const longs = modelWith(7, (tensor) => {
      int(tensor, 1, 2);
      packed(tensor, 7, (inner) => inner.int64(-3).int64(2 ** 40));
    });
    expect([...(await read(longs)).data]).to.deep.equal([-3n, 2n ** 40n]);
  });

  it("is read from a file beside the model", async () => {
    const model = (location: string, length = 8, offset = 4): Uint8Array =>
      modelWith(1, (tensor) => {
        int(tensor, 1, 2);
        int(tensor, 14, 1);
        for (const [key, value] of Object.entries({ location, offset: String(offset), length: String(length) })) {
          message(tensor, 13, (entry) => {
            text(entry, 1, key);
            text(entry, 2, value);
          });
        }
      });
    const file = new Uint8Array(Float32Array.of(9, 1, 2).buffer);
    const asked: unknown[] = [];
    const external: ExternalData = (path, offset, length) => {
      asked.push([path, offset, length]);
      return file.subarray(offset, offset + length);
    };
    expect([...(await read(model("weights.bin"), external)).data]).to.deep.equal([1, 2]);
    expect(asked).to.deep.equal([["weights.bin", 4, 8]]);
    expect(await refusal(model("weights.bin"))).to.include("in another file");
    expect(await refusal(model("weights.bin", 9), external)).to.include("needs 8 bytes");
    expect(await refusal(model("weights.bin", 8, 8), external)).to.include("gave 4 bytes");
    for (const location of ["../secret", "/etc/passwd", "C:\\file", "a/../../b", ""]) {
      expect(await refusal(model(location), external)).to.include("not a path inside");
    }
    expect(asked).to.have.length(2);
  });

  it("is refused where its type is not supported or its data does not fit", async () => {
    expect(await refusal(modelWith(8, () => undefined))).to.include("string");
    expect(await refusal(modelWith(22, () => undefined))).to.include("int4");
    expect(await refusal(modelWith(77, () => undefined))).to.include("number 77");
    const short = modelWith(6, (tensor) => {
      int(tensor, 1, 5);
      packed(tensor, 5, (inner) => inner.int32(1));
    });
    expect(await refusal(short)).to.include("1 elements instead of 5");
    const negative = modelWith(1, (tensor) => int(tensor, 1, -5));
    expect(await refusal(negative)).to.include("-5 is not an extent");
    const huge = modelWith(13, (tensor) => raw(tensor, new Uint8Array(8).fill(255)));
    expect(await refusal(huge)).to.include("2^63");
  });

  it("is refused where it is sparse", async () => {
    const writer = new protobuf.Writer();
    message(writer, 7, (graph) => {
      message(graph, 15, (sparse) => message(sparse, 1, (values) => text(values, 8, "w")));
      message(graph, 12, (output) => text(output, 1, "w"));
    });
    message(writer, 8, (opset) => int(opset, 2, 17));
    expect(await refusal(writer.finish())).to.include("sparse weights");
  });
});
