import {
  allocate,
  elementCount,
  ProgramBuilder,
  type BuiltProgram,
  type Program,
  type Tensor,
  type TensorType,
  type Value,
} from "@orion/protocol/tensor";

import { makeClaim, type ClaimFixture } from "../../test/support/claim-fixture.ts";

/** Nodes of the programs and shards of the claims that are measured. */
export const NODES = 64;
export const SHARDS = 64;

/** Appends the node to measure; what it reads is made with the same builder. */
export type Build = (b: ProgramBuilder) => Value;

/** Bytes of no pattern, the same in every run: the price of calldata depends on them. */
export function noise(type: TensorType, seed: number): Tensor {
  const data = allocate(type.dtype, elementCount(type.dims));
  const words = new Uint32Array(Math.ceil(data.byteLength / 4));
  let state = (seed + 1) * 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  new Uint8Array(data.buffer).set(new Uint8Array(words.buffer, 0, data.byteLength));
  return { dtype: type.dtype, rank: type.rank, dims: type.dims, data };
}

export interface MeasuredClaim extends ClaimFixture {
  readonly program: Program;
  /** The node to measure. */
  readonly node: number;
}

/** A program of 64 nodes around the one to measure. Throws ProgramError if the validator refuses it. */
export function measuredProgram(build: Build): BuiltProgram & { readonly node: number } {
  const b = new ProgramBuilder();
  const anchor = b.shardInput("i8", [1]);
  const y = build(b);
  let filler = b.isqrt(anchor, "i8");
  while (filler.node < NODES - 2) filler = b.isqrt(filler, "i8");
  return { ...b.build(b.isqrt(filler, "i8")), node: y.node };
}

/** A claim of 64 shards over such a program, random bits in every tensor of its first shard. */
export function measuredClaim(build: Build): MeasuredClaim {
  const { program, constants, node } = measuredProgram(build);
  let constant = 0;
  const tensors = program.nodes.map((type, index) =>
    type.op === "constant" ? constants[constant++]! : noise(type, index),
  );
  return { ...makeClaim(program, [tensors], { from: 17, strangers: SHARDS - 1 }), node };
}

/** A tensor of noise as a constant of the program. */
export function noiseConstant(b: ProgramBuilder, type: TensorType): Value {
  return b.constant(noise(type, 99));
}
