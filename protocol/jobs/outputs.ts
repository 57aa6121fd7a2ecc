import { fromHex, toHex } from "../common/hex.ts";
import { IntegrityError, InvalidInputError } from "../common/errors.ts";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "../storage/index.ts";
import {
  outputsRoot,
  pureSha256,
  shardLeaf,
  toBytes,
  type Sha256,
  type Tensor,
  type TensorType,
} from "../tensor/index.ts";
import { parseDocument, type Document } from "./documents.ts";
import { concat } from "./manifest.ts";
import { loadTensor, type CheckedProgram } from "./program-package.ts";

/** What a worker publishes for one claim: `outputs[s][i]` is output i of the unit's s-th shard, `outputRoots` its tensor root. */
export interface ClaimOutputs {
  readonly key: string;
  readonly outputsRoot: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly outputRoots: readonly (readonly Uint8Array[])[];
  readonly outputs: readonly (readonly Tensor[])[];
}

/** Stores outputs and their roots; resolves to the digest that `commit` carries. */
export async function putOutputs(store: ContentStore, claim: ClaimOutputs): Promise<string> {
  const links = await store.putMany(claim.outputs.flat().map(toBytes));
  const each = links.length / claim.outputs.length;
  const shards = claim.outputs.map((_, s) => links.slice(s * each, (s + 1) * each));
  const roots = await store.putBytes(concat(claim.outputRoots.flat()));
  const { outputsRoot: root, from, to } = claim;
  const key = fromHex(claim.key, 32);
  return digestFromDagCid(await store.putDag({ orion: "outputs/2", key, outputsRoot: root, from, to, roots, shards }));
}

/** A claim as the chain knows it. */
export interface CommittedClaim {
  readonly key: string;
  readonly outputsRoot: string;
  /** Digest of the outputs document. */
  readonly outputs: string;
  readonly from: number;
  readonly to: number;
}

/** What a worker published for a claim, checked against the outputs root; tensors are fetched and checked one by one. */
export interface OpenedOutputs {
  readonly from: number;
  readonly to: number;
  /** Roots of all outputs, for shards [from, to). */
  readonly outputRoots: readonly (readonly Uint8Array[])[];
  /** Leaves of the outputs tree, for shards [from, to). */
  readonly leaves: readonly Uint8Array[];
  /** One output of a shard, by its number in the job. */
  load(shard: number, output: number): Promise<Tensor>;
  /** All outputs of a shard, by its number in the job. */
  loadShard(shard: number): Promise<Tensor[]>;
}

/**
 * Fetches the roots that a worker published and checks them against the outputs root on chain.
 * @throws IntegrityError when what was published does not belong to the claim
 */
export async function openOutputs(
  store: ContentStore,
  claim: CommittedClaim,
  loaded: CheckedProgram,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<OpenedOutputs> {
  const { sha256 = pureSha256 } = options;
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const where = `the outputs ${claim.outputs} of claim ${claim.key}`;
  const document = parseDocument("outputs/2", await store.getDag(dagCidFromDigest(claim.outputs), io), where);
  const { outputTypes } = loaded.facts;
  requireLabel(document, claim, outputTypes.length, where);
  const length = 32 * outputTypes.length * (claim.to - claim.from);
  const flat = await store.getBytes(document.roots, { maxBytes: length, ...io });
  requireIntegrity(flat.length === length, `${where} hold the wrong number of output roots`);
  const outputRoots = document.shards.map((_, s) =>
    outputTypes.map((_type, i) =>
      flat.subarray(32 * (s * outputTypes.length + i), 32 * (s * outputTypes.length + i + 1)),
    ),
  );
  const leaves = outputRoots.map((roots) => shardLeaf(roots, sha256));
  requireIntegrity(
    toHex(outputsRoot(leaves, sha256)) === claim.outputsRoot,
    `${where} do not hash to the committed root ${claim.outputsRoot}`,
  );
  const load = async (shard: number, output: number): Promise<Tensor> => {
    const [link, root] = [document.shards[shard - claim.from]?.[output], outputRoots[shard - claim.from]?.[output]];
    if (link === undefined || root === undefined) {
      throw new InvalidInputError(`claim ${claim.key} has no output ${String(output)} of shard ${String(shard)}`);
    }
    return loadTensor(store, link, outputTypes[output] as TensorType, root, { sha256, ...io });
  };
  return {
    from: claim.from,
    to: claim.to,
    outputRoots,
    leaves,
    load,
    async loadShard(shard) {
      const outputs: Tensor[] = [];
      for (const output of outputTypes.keys()) outputs.push(await load(shard, output));
      return outputs;
    },
  };
}

/** As `openOutputs`, with all output tensors fetched and checked. */
export async function loadOutputs(
  store: ContentStore,
  claim: CommittedClaim,
  loaded: CheckedProgram,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<Pick<OpenedOutputs, "outputRoots" | "leaves"> & { readonly outputs: readonly (readonly Tensor[])[] }> {
  const opened = await openOutputs(store, claim, loaded, options);
  const outputs: Tensor[][] = [];
  for (let shard = claim.from; shard < claim.to; shard++) outputs.push(await opened.loadShard(shard));
  return { outputs, outputRoots: opened.outputRoots, leaves: opened.leaves };
}

function requireLabel(document: Document<"outputs/2">, claim: CommittedClaim, outputs: number, where: string): void {
  const labelled = toHex(document.outputsRoot) === claim.outputsRoot && toHex(document.key) === claim.key;
  requireIntegrity(
    labelled && document.from === claim.from && document.to === claim.to,
    `${where} are labelled for another claim`,
  );
  const count = claim.to - claim.from;
  requireIntegrity(
    document.shards.length === count,
    `${where} list ${String(document.shards.length)} shards, the claim has ${String(count)}`,
  );
  const uneven = document.shards.findIndex((links) => links.length !== outputs);
  requireIntegrity(
    uneven < 0,
    `${where} list ${String(document.shards[uneven]?.length)} outputs of a shard, the program has ${String(outputs)}`,
  );
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}
