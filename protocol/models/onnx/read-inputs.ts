import { InvalidInputError } from "../../common/errors.ts";
import { elementCount, formatDims } from "../graph/dims.ts";
import { modelError, quoted } from "../graph/model-error.ts";
import { tensorFrom } from "../graph/tensors.ts";
import type { GraphTensor, ValueInfo, ValueType } from "../graph/types.ts";
import { dataTypeName, dataTypeOf } from "./data-types.ts";
import type { OnnxOptions } from "./options.ts";
import type { GraphProto, ValueProto } from "./proto.ts";

/** An input of the model: declared with a type and a shape, or given as a constant. */
export type ModelInput =
  { readonly name: string; readonly info: ValueInfo } | { readonly name: string; readonly constant: GraphTensor };

/** Declared extents: a number, or the name of one that is left open. Undefined where even the rank is open. */
type Declared = readonly (number | string)[] | undefined;

function declaredDims(value: ValueProto): Declared {
  const shape = value.type?.tensor?.shape;
  return shape === undefined
    ? undefined
    : (shape.dims ?? []).map(({ value: extent, parameter }, axis) =>
        extent !== undefined && extent >= 0n ? Number(extent) : (parameter ?? "").slice(0, 40) || `dim${axis}`,
      );
}

function fits(dims: readonly number[], declared: Declared): boolean {
  if (declared === undefined) return true;
  return (
    dims.length === declared.length && declared.every((dim, axis) => typeof dim === "string" || dim === dims[axis])
  );
}

function showDeclared(declared: Declared): string {
  return declared === undefined ? "of any rank" : formatDims(declared);
}

function requireFit(name: string, dims: readonly number[], declared: Declared): void {
  const isShape = dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  if (isShape && fits(dims, declared)) return;
  throw new InvalidInputError(
    `shape ${formatDims(dims)} does not fit input ${quoted(name)}, which is ${showDeclared(declared)}`,
  );
}

/** `x=1x3x48x320` with 1 for what the model leaves open. */
function example(name: string, declared: Declared): string {
  const dims = declared?.map((dim) => (typeof dim === "string" ? 1 : dim)) ?? [1];
  return `${name.slice(0, 60)}=${dims.join("x")}`;
}

/** An option that names no input of the model is a mistake that would otherwise pass unseen. */
function requireKnown(options: OnnxOptions, names: readonly string[]): void {
  for (const name of [...Object.keys(options.shapes ?? {}), ...Object.keys(options.constants ?? {})]) {
    if (names.includes(name)) continue;
    const known = names.slice(0, 20).map(quoted).join(", ");
    throw new InvalidInputError(`the model has no input ${quoted(name)}`, { hint: `its inputs are ${known}` });
  }
}

/** A tensor of one number; axes that the model leaves open have one element. */
function filled(type: ValueType, declared: Declared, value: number): GraphTensor {
  const dims = (declared ?? []).map((dim) => (typeof dim === "number" ? dim : 1));
  return tensorFrom(type, dims, new Array<number>(elementCount(dims)).fill(value));
}

/**
 * The inputs of a model with static shapes. Throws InvalidInputError that names every input whose shape is open and not given.
 *
 * @param initialized names that have a value in the file: old models list them as inputs too
 */
export function readInputs(graph: GraphProto, options: OnnxOptions, initialized: ReadonlySet<string>): ModelInput[] {
  const open: { name: string; declared: Declared }[] = [];
  const inputs: ModelInput[] = [];
  const values = (graph.inputs ?? []).filter(({ name }) => !initialized.has(name ?? ""));
  requireKnown(
    options,
    values.map(({ name }) => name ?? ""),
  );
  for (const value of values) {
    const name = value.name ?? "";
    const declared = declaredDims(value);
    const fixed = Object.hasOwn(options.constants ?? {}, name) ? options.constants?.[name] : undefined;
    if (value.type?.tensor === undefined) throw modelError(`input ${quoted(name)} is not a tensor`);
    const number = Number(value.type.tensor.elementType ?? 0n);
    const type = dataTypeOf(number)?.type;
    if (type === undefined) throw modelError(`input ${quoted(name)} has elements of type ${dataTypeName(number)}`);
    if (fixed !== undefined) {
      const constant = typeof fixed === "number" ? filled(type, declared, fixed) : fixed;
      if (constant.type !== type) {
        throw new InvalidInputError(`the constant for input ${quoted(name)} is ${constant.type}, not ${type}`);
      }
      requireFit(name, constant.dims, declared);
      inputs.push({ name, constant });
      continue;
    }
    const given = Object.hasOwn(options.shapes ?? {}, name) ? options.shapes?.[name] : undefined;
    if (given !== undefined) requireFit(name, given, declared);
    const dims = given ?? (declared?.every((dim) => typeof dim === "number") === true ? declared : undefined);
    if (dims === undefined) open.push({ name, declared });
    else inputs.push({ name, info: { type, dims } });
  }
  if (open.length === 0) return inputs;
  const shown = open.slice(0, 20).map(({ name, declared }) => `${quoted(name)} is ${showDeclared(declared)}`);
  throw new InvalidInputError(`the model leaves shapes open: ${shown.join("; ")}`, {
    hint: `give the shape of each input, with your own extents in place of 1, for example ${open.map(({ name, declared }) => example(name, declared)).join(" ")}`,
  });
}
