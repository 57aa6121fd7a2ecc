import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";

import { compileModel } from "../../../../../protocol/models/compile/compile-model.ts";
import { type GraphTensor, readOnnx, type ValueInfo } from "@orion/protocol/models";
import { type WrittenNode, writeModel } from "../../../../support/onnx/write-model.ts";
import { runIntegers } from "./graphs.ts";

/** A quantised model of integers in, integers out. */
export interface QuantizedModel {
  readonly input: ValueInfo;
  readonly constants: Readonly<Record<string, GraphTensor>>;
  /** Nodes with the type and shape of their one output; the last one is the model's. */
  readonly nodes: readonly (Omit<WrittenNode, "outputs" | "attributes"> & {
    readonly output: string;
    readonly info: ValueInfo;
    readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
  })[];
  readonly domains?: Readonly<Record<string, number>>;
}

const ORT_TYPES = { u8: "uint8", i8: "int8", i32: "int32" } as const;
type IntegerType = keyof typeof ORT_TYPES;

/** The bytes of the .onnx file. */
function fileOf(model: QuantizedModel): Uint8Array {
  const last = model.nodes.at(-1)!;
  return writeModel({
    opset: 13,
    ...(model.domains === undefined ? {} : { domains: model.domains }),
    inputs: [{ name: "x", ...model.input }],
    outputs: [{ name: last.output, ...last.info }],
    initializers: model.constants,
    nodes: model.nodes.map(({ op, domain, inputs, output, attributes = {} }) => {
      return { op, inputs, outputs: [output], attributes, ...(domain === undefined ? {} : { domain }) };
    }),
  });
}

async function runOrt(model: QuantizedModel, data: Uint8Array | Int8Array): Promise<ArrayLike<number>> {
  const session = await InferenceSession.create(fileOf(model), {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
  });
  const type = ORT_TYPES[model.input.type as IntegerType];
  const results = await session.run({ x: new OrtTensor(type, data, model.input.dims) });
  return results[model.nodes.at(-1)!.output]!.data as Int32Array;
}

/** How many elements of a quantised model differ from ONNX Runtime, and by how much at most. */
export async function againstOrt(
  model: QuantizedModel,
  data: Uint8Array | Int8Array,
): Promise<{ count: number; different: number; worst: number; saturated: number }> {
  const graph = await readOnnx(fileOf(model));
  const samples: never[] = [];
  const compiled = await compileModel(graph, { samples });
  const sample = { x: { ...model.input, data } as GraphTensor };
  const [ours] = runIntegers(compiled, sample);
  const theirs = await runOrt(model, data);
  if (ours!.length !== theirs.length) throw new Error(`${ours!.length} elements, not ${theirs.length}`);
  let [different, worst, saturated] = [0, 0, 0];
  for (let i = 0; i < theirs.length; i++) {
    const distance = Math.abs(ours![i]! - theirs[i]!);
    if (distance > 0) different++;
    worst = Math.max(worst, distance);
    if ([0, 255, -128, 127].includes(theirs[i]!)) saturated++;
  }
  return { count: theirs.length, different, worst, saturated };
}
