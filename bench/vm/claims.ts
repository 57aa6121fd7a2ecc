import {
  allocate,
  dtypeMax,
  dtypeMin,
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

/** What a tensor of the claim holds; `seed` is its node. */
export type Fill = (type: TensorType, seed: number) => Tensor;

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

/**
 * Elements that grow along the last axes (of an image: along its pixels, channel by channel), as far as the dtype has
 * values: every element of a reduction or a window is a new maximum. Their bytes are dense, as those of noise.
 */
export function ascending(type: TensorType): Tensor {
  const data = allocate(type.dtype, elementCount(type.dims));
  const run = type.dims[1] * type.dims[2] * type.dims[3];
  const step = type.rank === 4 ? type.dims[3] : 1;
  const first = type.dtype === "i32" ? 0x01010101 : dtypeMin(type.dtype);
  const slope = Math.min(1, (dtypeMax(type.dtype) - first) / (run / step));
  for (let i = 0; i < data.length; i++) data[i] = first + Math.floor(slope * Math.floor((i % run) / step));
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

/** A claim of 64 shards over such a program, its first shard's tensors filled with random bits unless told otherwise. */
export function measuredClaim(build: Build, fill: Fill = noise): MeasuredClaim {
  const { program, constants, node } = measuredProgram(build);
  let constant = 0;
  const tensors = program.nodes.map((type, index) =>
    type.op === "constant" ? constants[constant++]! : fill(type, index),
  );
  return { ...makeClaim(program, [tensors], { from: 17, strangers: SHARDS - 1 }), node };
}

/** A tensor of noise as a constant of the program. */
export function noiseConstant(b: ProgramBuilder, type: TensorType): Value {
  return b.constant(noise(type, 99));
}
