import { InvalidInputError } from "@orion/protocol/common";
import { decodeNpy, decodeProgram, type Program, type Tensor } from "@orion/protocol/tensor";
import { loadDigits } from "../../examples/digits/index.ts";

/** The digits program with its weights and the images of its first shard. */
export interface DigitsShard {
  readonly program: Program;
  readonly constants: readonly Tensor[];
  readonly inputs: { readonly shared: readonly Tensor[]; readonly shard: readonly Tensor[] };
  readonly images: number;
}

export async function digitsShard(): Promise<DigitsShard> {
  const files = await loadDigits();
  const program = decodeProgram(files.program);
  const slot = program.nodes.find(({ op }) => op === "input");
  if (slot === undefined) throw new InvalidInputError("the digits program has no input");
  const { dtype, rank, dims } = slot;
  const data = decodeNpy(files.test).data.slice(0, dims[0] * dims[1] * dims[2] * dims[3]);
  return {
    program,
    constants: files.constants,
    inputs: { shared: [], shard: [{ dtype, rank, dims, data }] },
    images: dims[0],
  };
}
