import type { GraphTensor } from "../graph/types.ts";
import type { ExternalData } from "./read-tensor.ts";

export interface OnnxOptions {
  /** Shapes of the inputs, by name; needed for those whose shape the model leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Values for inputs that become constants, by name, such as a sample rate that selects a branch; a number fills an input of any type and shape that is not open. */
  readonly constants?: Readonly<Record<string, GraphTensor | number>>;
  /** Gives the bytes of weights that are in files beside the model. */
  readonly externalData?: ExternalData;
  /** Keeps the graph as it was read, without fusing operators. */
  readonly unsimplified?: boolean;
}
