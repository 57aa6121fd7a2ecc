import type { BuiltProgram } from "../../tensor/builder.ts";
import { createInterpreter } from "../float/interpreter.ts";
import { unrollRecurrent } from "../graph/passes/unroll-recurrent.ts";
import type { Graph } from "../graph/types.ts";
import { calibrate, type FloatRunner, type Sample } from "../quantize/calibrate.ts";
import { type Activations, chooseEncodings } from "../quantize/choose-encodings.ts";
import { CALIBRATED_BITS, EXACT_BITS } from "../quantize/multiplier.ts";
import type { RangeMethod } from "../quantize/range.ts";
import type { WeightType } from "../quantize/weights.ts";
import { compareWithFloat, type RunProgram } from "./compare.ts";
import { lowerGraph, type Port } from "./lower-graph.ts";
import { Lowering } from "./lowering.ts";
import { fixedEncoding } from "./model-scales.ts";
import { createReport, type CompileReport } from "./report.ts";
import { usesOf } from "./uses.ts";

/** What a compilation needs beside the graph. */
export interface CompileOptions {
  /** Inputs like those that the program will see: ranges of all real values are measured on them. */
  readonly samples: Iterable<Sample> | AsyncIterable<Sample>;
  /** Runs the graph on the samples, for progress and signals; it is not asked where recurrent layers are unrolled first. */
  readonly runner?: FloatRunner;
  /** Width of activations, `auto` unless given: i8 only where contractions alone read a value and `leastSqnr` holds. */
  readonly activations?: Activations;
  /** Width of real weights, `auto` unless given: i16 for layers that i8 leaves below 42 dB. */
  readonly weights?: WeightType;
  /** How ranges follow from the samples where all activations are i8, `mse` unless given. */
  readonly range?: RangeMethod;
  /** All other ranges cover the measured extremes times this factor, 1.5 unless given. */
  readonly headroom?: number;
  /** Least signal to quantisation noise of an i8 activation in mode `auto`, 40 dB unless given. */
  readonly leastSqnr?: number;
  /** Samples on which the program is compared with the float graph; the report has the error of every value. */
  readonly compare?: Iterable<Sample> | AsyncIterable<Sample>;
  /** Computes all nodes of the program for `compare`, the reference interpreter unless given. */
  readonly run?: RunProgram;
}

/** A model as a tensor program. */
export interface CompiledModel extends BuiltProgram {
  /** By slot. */
  readonly inputs: readonly Port[];
  /** In the model's order; `index` names the output of the program. */
  readonly outputs: readonly Port[];
  readonly report: CompileReport;
}

const QUANTIZED = /^(?:com\.microsoft\.)?(?:QLinear|Quantize|Dequantize|MatMulInteger|ConvInteger)/;

/**
 * Compiles a float or quantised graph to a validated program. Operators of a quantised graph keep the model's own
 * scales; all other encodings follow from the samples. Recurrent layers are unrolled first.
 *
 * @example
 *   const graph = await readOnnx(bytes, { shapes: { x: [1, 3, 48, 192] } });
 *   const model = await compileModel(graph, { samples: [{ x }] });
 *   const shard = encodeInputs(model.inputs, { x });
 *
 * Throws UnsupportedNodesError naming every node that has no equal in a program, ProgramError if the program breaks a
 * limit of the format.
 */
export async function compileModel(model: Graph, options: CompileOptions): Promise<CompiledModel> {
  const { activations = "auto", weights = "auto", range = "mse", headroom = 1.5, leastSqnr = 40 } = options;
  const graph = unrollRecurrent(model);
  const isRecurrent = model.nodes.some(({ op }) => op === "LSTM" || op === "GRU");
  const runner = isRecurrent ? createInterpreter(graph) : (options.runner ?? createInterpreter(graph));
  const uses = usesOf(graph);
  const { histograms, channelMeans } = await calibrate(graph, runner, options.samples);
  const fixed = (name: string): ReturnType<typeof fixedEncoding> => fixedEncoding(graph, uses, name);
  const encodings = chooseEncodings(graph, histograms, fixed, { activations, range, headroom, leastSqnr });
  const isQuantized = graph.nodes.some(({ op }) => QUANTIZED.test(op));
  const ctx = new Lowering({
    graph,
    uses,
    encodings,
    channelMeans,
    weightType: weights,
    bits: isQuantized ? EXACT_BITS : CALIBRATED_BITS,
  });
  const { inputs, outputs, values, nodes } = lowerGraph(ctx);
  const built = ctx.builder.build(...values);
  const report = createReport(built.program, ctx.placements, nodes, encodings);
  if (options.compare === undefined) return { ...built, inputs, outputs, report };
  const { compare, run } = options;
  const errors = await compareWithFloat({ ...built, inputs }, ctx.placements, runner, compare, run);
  return { ...built, inputs, outputs, report: { ...report, errors } };
}
