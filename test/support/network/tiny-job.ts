import { randomBytes } from "node:crypto";

import { ZeroAddress } from "ethers";

import { putChallengers } from "@orion/protocol/challenge";
import { jobIdOf, type Terms } from "@orion/protocol/chain";
import { toHex } from "@orion/protocol/common";
import { challengersRoot } from "@orion/protocol/disputes";
import {
  assembleProgram,
  cutDataset,
  putDataset,
  putProgram,
  shardDataset,
  type LoadedProgram,
} from "@orion/protocol/jobs";
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
  const { rows, shards, shard } = cutDataset(program, files);
  const outputs = Array.from({ length: shards }, (_, s) => {
    const values = interpret(program.program, { constants: program.constants, shared: [], shard: shard(s) });
    return values[program.program.outputNodes[0] as number] as Tensor;
  });
  return joinRows(outputs, rows, BATCH);
}

export interface TinyJobOptions {
  readonly shards: number;
  readonly shardsPerClaim?: number;
  /** Rows missing from the last shard. */
  readonly missingRows?: number;
  readonly seed?: number;
  /** Accounts that alone may demand of the claims; anyone may unless given. */
  readonly challengers?: readonly string[];
  /** Fields of the terms that are to be different. */
  readonly terms?: Partial<Terms>;
  /** Another program with its inputs, which are then no images. */
  readonly content?: { readonly program: LoadedProgram; readonly inputs: Tensor };
}

export interface TinyJob {
  readonly terms: Terms;
  readonly jobId: string;
  readonly program: LoadedProgram;
  readonly images: Tensor;
}

/** Terms of a job of the poster with fresh salt that pays its work: a shard a unit, the orchestrator its keeper. */
export function plainTerms(
  { root, facts: { work } }: LoadedProgram,
  data: { readonly dataset: string; readonly inputsRoot: string; readonly rows: number; readonly shards: number },
): Terms {
  return {
    poster: accountAt(ACCOUNTS.poster).address,
    salt: toHex(randomBytes(32)),
    programRoot: toHex(root),
    dataset: data.dataset,
    inputsRoot: data.inputsRoot,
    rows: BigInt(data.rows),
    shards: data.shards,
    shardsPerClaim: 1,
    workPerShard: work,
    pricePerShard: work,
    keeper: accountAt(ACCOUNTS.orchestrator).address,
    keeperFee: work / 10n,
    collateralPerClaim: ORION,
    challengers: challengersRoot([]),
    options: 0,
  };
}

/** Stores program and data, and writes the terms; nothing goes to the chain. */
export async function prepareJob(running: TestNetwork, options: TinyJobOptions): Promise<TinyJob> {
  const program = options.content?.program ?? tinyProgram();
  const images =
    options.content?.inputs ?? tinyImages(options.shards * BATCH - (options.missingRows ?? 0), options.seed);
  const { challengers = [] } = options;
  const { dataset, inputsRoot } = await storeDataset(running.store, program, images, challengers);
  const { shards, shardsPerClaim = 1 } = options;
  const terms: Terms = {
    ...plainTerms(program, { dataset, inputsRoot, rows: images.dims[4 - images.rank] as number, shards }),
    shardsPerClaim,
    challengers: challengersRoot(challengers),
    ...options.terms,
  };
  return { terms, jobId: jobIdOf(running.network.chainId, running.network.addresses.market, terms), program, images };
}

export async function storeDataset(
  store: ContentStore,
  program: LoadedProgram,
  images: Tensor,
  challengers: readonly string[] = [],
): Promise<{ dataset: string; inputsRoot: string }> {
  const files = { shared: [], inputs: [encodeNpy(images)] };
  const cid = await putProgram(store, encodeProgram(program.program), program.constants);
  const list = challengers.length === 0 ? undefined : await putChallengers(store, challengers);
  const dataset = digestFromDagCid(await putDataset(store, cid, files, list));
  const { inputsRoot } = await shardDataset(program, files, { sha256: nativeSha256 });
  return { dataset, inputsRoot: toHex(inputsRoot) };
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
