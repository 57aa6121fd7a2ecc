import { randomBytes } from "node:crypto";

import { ZeroAddress } from "ethers";

import { jobIdOf, type Terms } from "@orion/protocol/chain";
import { toHex } from "@orion/protocol/common";
import { assembleProgram, putDataset, putProgram, shardDataset, type LoadedProgram } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { digestFromDagCid, type ContentStore } from "@orion/protocol/storage";
import {
  encodeNpy,
  encodeProgram,
  interpret,
  joinRows,
  ProgramBuilder,
  tensor,
  tensorType,
  type Tensor,
} from "@orion/protocol/tensor";

import { ACCOUNTS, accountAt, ORION, type TestNetwork } from "./test-network.ts";

/** Rows of one shard. */
export const BATCH = 2;
const [SIDE, CHANNELS, CLASSES] = [6, 4, 5];

/** Values that look random and are the same each time; i8. */
function pattern(shape: readonly number[], seed: number): Tensor {
  const type = tensorType("i8", shape);
  const count = shape.reduce((product, extent) => product * extent, 1);
  const data = Int8Array.from({ length: count }, (_, i) => Math.imul(i + 1 + seed * 65_537, 2_654_435_761) >> 24);
  return { ...type, data };
}

/** An int8 network as small as one can be: conv2d, relu, maxPool, matmul, argmax. */
export function tinyProgram(): LoadedProgram {
  const b = new ProgramBuilder();
  const image = b.shardInput("i8", [BATCH, SIDE, SIDE, 1]);
  const options = { dtype: "i8", m: 3, s: 9 } as const;
  const features = b.relu(b.conv2d(image, b.constant(pattern([CHANNELS, 3, 3, 1], 1)), options));
  const pooled = b.maxPool(features, { kernel: [2, 2] });
  const flat = b.reshape(pooled, [BATCH, 4 * CHANNELS]);
  const logits = b.matmul(flat, b.constant(pattern([CLASSES, 4 * CHANNELS], 2)), { dtype: "i16", m: 1, s: 0 });
  const built = b.build(b.argmax(logits));
  return assembleProgram(encodeProgram(built.program), built.constants, nativeSha256);
}

export function tinyImages(rows: number, seed = 7): Tensor {
  return pattern([rows, SIDE, SIDE, 1], seed);
}

/** What the job must give, by the reference. */
export function expectedResult(program: LoadedProgram, images: Tensor): Tensor {
  const files = { shared: [], inputs: [encodeNpy(images)] };
  const { rows, shards } = shardDataset(program, files, nativeSha256);
  const outputs = shards.map((shard) => {
    const values = interpret(program.program, { constants: program.constants, shared: [], shard });
    return values[program.program.outputNode] as Tensor;
  });
  return joinRows(outputs, rows, BATCH);
}

export interface TinyJobOptions {
  readonly shards: number;
  readonly shardsPerClaim?: number;
  /** Rows missing from the last shard. */
  readonly missingRows?: number;
  readonly seed?: number;
  /** Fields of the terms that are to be different. */
  readonly terms?: Partial<Terms>;
}

export interface TinyJob {
  readonly terms: Terms;
  readonly jobId: string;
  readonly program: LoadedProgram;
  readonly images: Tensor;
}

/** Stores program and data, and writes the terms; nothing goes to the chain. */
export async function prepareJob(running: TestNetwork, options: TinyJobOptions): Promise<TinyJob> {
  const program = tinyProgram();
  const images = tinyImages(options.shards * BATCH - (options.missingRows ?? 0), options.seed);
  const { dataset, inputsRoot } = await storeDataset(running.store, program, images);
  const shardsPerClaim = options.shardsPerClaim ?? 1;
  const smallest = options.shards % shardsPerClaim === 0 ? shardsPerClaim : options.shards % shardsPerClaim;
  const work = program.facts.work;
  const terms: Terms = {
    poster: accountAt(ACCOUNTS.poster).address,
    salt: toHex(randomBytes(32)),
    programRoot: toHex(program.root),
    dataset,
    inputsRoot,
    rows: BigInt(images.dims[0]),
    shards: options.shards,
    shardsPerClaim,
    workPerShard: work,
    pricePerShard: work,
    keeper: accountAt(ACCOUNTS.orchestrator).address,
    keeperFee: work / 10n,
    collateralPerShard: (ORION + BigInt(smallest) - 1n) / BigInt(smallest),
    profile: 0,
    ...options.terms,
  };
  return { terms, jobId: jobIdOf(running.network.chainId, running.network.addresses.market, terms), program, images };
}

export async function storeDataset(
  store: ContentStore,
  program: LoadedProgram,
  images: Tensor,
): Promise<{ dataset: string; inputsRoot: string }> {
  const files = { shared: [], inputs: [encodeNpy(images)] };
  const cid = await putProgram(store, encodeProgram(program.program), program.constants);
  const dataset = digestFromDagCid(await putDataset(store, cid, files));
  return { dataset, inputsRoot: toHex(shardDataset(program, files, nativeSha256).inputsRoot) };
}

/** Posts a tiny job from the poster's account. */
export async function postTinyJob(running: TestNetwork, options: TinyJobOptions): Promise<TinyJob> {
  const job = await prepareJob(running, options);
  const { market } = running.chain.contracts;
  const data = market.interface.encodeFunctionData("postJob", [job.terms]);
  await running.sender(ACCOUNTS.poster).send({ to: running.network.addresses.market, data, label: "postJob" });
  return job;
}

export const NO_KEEPER = { keeper: ZeroAddress, keeperFee: 0n } as const;
export { tensor };
