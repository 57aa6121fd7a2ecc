import type { Graph, GraphTensor, Sample } from "@orion/protocol/models";

/** Something that computes the float model. */
export interface Reference {
  readonly name: string;
  run(sample: Sample): Promise<ReadonlyMap<string, GraphTensor>>;
}

/** The part of onnxruntime-node that is used; the package is optional. */
interface Runtime {
  readonly InferenceSession: {
    create(
      file: string,
      options: { readonly graphOptimizationLevel: "disabled"; readonly logSeverityLevel: number },
    ): Promise<{ run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: ArrayLike<number> }>> }>;
  };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => unknown;
}

const PACKAGE = "onnxruntime-node";
const TYPES: Readonly<Record<GraphTensor["type"], string>> = {
  ...{
    f32: "float32",
    f64: "float64",
    i64: "int64",
    i32: "int32",
    i16: "int16",
    i8: "int8",
    u8: "uint8",
    bool: "bool",
  },
};

/** ONNX Runtime on a model, where the package is installed. */
export async function onnxRuntime(
  file: string,
  graph: Graph,
  constants: Readonly<Record<string, number>>,
): Promise<Reference | undefined> {
  const loaded: unknown = await import(PACKAGE).catch(() => undefined);
  if (loaded === undefined) return undefined;
  const runtime = ((loaded as { default?: unknown }).default ?? loaded) as Runtime;
  const session = await runtime.InferenceSession.create(file, {
    ...{ graphOptimizationLevel: "disabled", logSeverityLevel: 3 },
  });
  const fixed = Object.entries(constants).map(
    ([name, value]) => [name, new runtime.Tensor("int64", BigInt64Array.of(BigInt(value)), [])] as const,
  );
  return {
    name: "ONNX Runtime",
    async run(sample) {
      const feeds = Object.entries(sample).map(
        ([name, { type, data, dims }]) => [name, new runtime.Tensor(TYPES[type], data, dims)] as const,
      );
      const results = await session.run(Object.fromEntries([...feeds, ...fixed]));
      return new Map(
        graph.outputs.map((name) => {
          const dims = graph.values.get(name)?.dims ?? [];
          return [name, { type: "f64", dims, data: Float64Array.from(results[name]!.data, Number) }];
        }),
      );
    },
  };
}
