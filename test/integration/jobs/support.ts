import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { id } from "ethers";

import { jobIdOf, type Terms } from "@orion/protocol/chain";
import { toHex } from "@orion/protocol/common";
import { putDataset, putProgram, shardDataset, type LoadedProgram, type ShardedDataset } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore, digestFromDagCid, startIpfsNode, type ContentStore } from "@orion/protocol/storage";
import { encodeNpy, encodeProgram, type Tensor } from "@orion/protocol/tensor";
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
  const dataset = shardDataset(program, files, nativeSha256);
  const programCid = await putProgram(store, encodeProgram(program.program), program.constants);
  const datasetCid = await putDataset(store, programCid, files);
  const terms: Terms = {
    poster: accountAt(1).address,
    salt: id("salt"),
    programRoot: toHex(program.root),
    dataset: digestFromDagCid(datasetCid),
    inputsRoot: toHex(dataset.inputsRoot),
    rows: BigInt(dataset.rows),
    shards: dataset.shards.length,
    shardsPerClaim: 2,
    workPerShard: program.facts.work,
    pricePerShard: program.facts.work,
    keeper: accountAt(2).address,
    keeperFee: 1n,
    collateralPerShard: 10n ** 18n,
    profile: 0,
  };
  return { program, programCid, datasetCid, dataset, terms, jobId: jobIdOf(CHAIN_ID, MARKET, terms) };
}
