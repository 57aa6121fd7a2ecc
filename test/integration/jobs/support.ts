import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { id, ZeroHash } from "ethers";

import { jobIdOf, type Terms } from "@orion/protocol/chain";
import { toHex } from "@orion/protocol/common";
import {
  assembleProgram,
  putDataset,
  putProgram,
  shardDataset,
  type CutDataset,
  type LoadedProgram,
  type ShardedDataset,
} from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore, digestFromDagCid, startIpfsNode, type ContentStore } from "@orion/protocol/storage";
import { encodeNpy, encodeProgram, ProgramBuilder, type Tensor } from "@orion/protocol/tensor";
import type { CID } from "multiformats/cid";

import { accountAt } from "../../support/network/test-network.ts";

const MARKET = accountAt(3).address;
const CHAIN_ID = 31_337;

/** A real IPFS node in a folder of its own. */
export async function startStore(): Promise<{ store: ContentStore; stop: () => Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), "orion-jobs-"));
  const node = await startIpfsNode({ dataDir: dir });
  const stop = async (): Promise<void> => {
    await node.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { store: createContentStore({ url: node.url, retries: 0 }), stop };
}

/** Images i8[2,6,6,1] as `tinyImages` draws them; outputs: the sums of their lines i16[2,6], and the mean image of both i8[1,6,6,1], whose rows are no batch. */
export function twoOutputs(): LoadedProgram {
  const b = new ProgramBuilder();
  const image = b.shardInput("i8", [2, 6, 6, 1]);
  const lines = b.reduceSum(b.reshape(image, [2, 6, 6]), 1, "i16");
  const sums = b.reshape(lines, [2, 6]);
  const one = (at: number) => b.slice(image, { start: [at, 0, 0, 0], size: [1, 6, 6, 1] });
  const mean = b.add(one(0), one(1), { dtype: "i8", ma: 1, mb: 1, s: 1 });
  const built = b.build(sums, mean);
  return assembleProgram(encodeProgram(built.program), built.constants, nativeSha256);
}

/** All shards of a data set, in order. */
export function shardsOf({ shards, shard }: CutDataset): Tensor[][] {
  return Array.from({ length: shards }, (_, s) => shard(s));
}

/** A job that lies in the store; no chain is needed to speak of it. */
export interface StoredJob {
  readonly program: LoadedProgram;
  readonly programCid: CID;
  readonly datasetCid: CID;
  readonly dataset: ShardedDataset;
  readonly terms: Terms;
  readonly jobId: string;
}

export async function storeJob(
  store: ContentStore,
  program: LoadedProgram,
  shared: Tensor[],
  inputs: Tensor[],
): Promise<StoredJob> {
  const files = {
    shared: shared.map((tensor) => encodeNpy(tensor)),
    inputs: inputs.map((tensor) => encodeNpy(tensor)),
  };
  const dataset = await shardDataset(program, files, { sha256: nativeSha256 });
  const programCid = await putProgram(store, encodeProgram(program.program), program.constants);
  const datasetCid = await putDataset(store, programCid, files);
  const terms: Terms = {
    poster: accountAt(1).address,
    salt: id("salt"),
    programRoot: toHex(program.root),
    dataset: digestFromDagCid(datasetCid),
    inputsRoot: toHex(dataset.inputsRoot),
    rows: BigInt(dataset.rows),
    shards: dataset.shards,
    shardsPerClaim: 2,
    workPerShard: program.facts.work,
    pricePerShard: program.facts.work,
    keeper: accountAt(2).address,
    keeperFee: 1n,
    challengers: ZeroHash,
    collateralPerClaim: 10n ** 18n,
    options: 0,
  };
  return { program, programCid, datasetCid, dataset, terms, jobId: jobIdOf(CHAIN_ID, MARKET, terms) };
}
