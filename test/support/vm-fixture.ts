import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";

import { encodeProof, type EncodedProof, type Proof } from "@orion/protocol/tensor";

import type { TensorVM } from "../../protocol/chain/generated/vm/TensorVM.js";
import type { Facts } from "./claim-fixture.ts";

/** What the judge said: the claim is wrong there, or why the proof does not show it. */
export type Verdict =
  | {
      readonly wrong: true;
      readonly node: number;
      readonly position: bigint;
      readonly claimed: bigint;
      readonly actual: bigint;
    }
  | { readonly wrong: false; readonly error: string };

/** A proof and the trace that it is about: shard (absolute) and root, zero for a missing leaf of the tree over shards. */
export interface Aimed {
  readonly shard: number;
  readonly shardRoot: Uint8Array;
  readonly proof: EncodedProof | Proof;
}

export interface Case extends Aimed {
  readonly facts: Facts;
  /** Gas that the judge gets; all there is unless given. */
  readonly gas?: number;
}

export interface VmFixture {
  readonly vm: TensorVM;
  readonly ethers: Awaited<ReturnType<typeof hre.network.create>>["ethers"];
  /** Puts proofs before the judge, many in one call. */
  judgeAll(cases: readonly Case[]): Promise<Verdict[]>;
  judge(facts: Facts, aimed: Aimed): Promise<Verdict>;
}

const FAULTS = [
  "Encoding",
  "Kind",
  "Header",
  "Descriptor",
  "Node",
  "Shard",
  "Position",
  "Chunks",
  "Path",
  "Root",
  "Operands",
  "Invalid",
];

/** One call stays below this many bytes of proofs, so that the memory of the batch costs little. */
const BATCH_BYTES = 400_000;
const BATCH_CASES = 60;
const CALL_GAS = 2_000_000_000n;

const isEncoded = (proof: EncodedProof | Proof): proof is EncodedProof => typeof proof.kind === "number";

interface Entry extends Aimed {
  readonly facts: Facts;
  readonly proof: EncodedProof;
  readonly gas: number;
}

/** Splits cases into batches of bounded size. */
function* batches(cases: readonly Case[]): Generator<Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  for (const { proof, gas = 0, ...about } of cases) {
    const entry = { ...about, proof: isEncoded(proof) ? proof : encodeProof(proof), gas };
    if (batch.length > 0 && (bytes + entry.proof.proof.length > BATCH_BYTES || batch.length >= BATCH_CASES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(entry);
    bytes += entry.proof.proof.length;
  }
  if (batch.length > 0) yield batch;
}

/** The reason of a revert by name: "NotWrong", "BadProof(Path)", or what the EVM itself had to say. */
function errorIn(vm: TensorVM, data: string): string {
  if (data === "0x") return "revert without data";
  const error = vm.interface.parseError(data);
  if (error === null) return data;
  const args = error.args.map((value: unknown) => (error.name === "BadProof" ? FAULTS[Number(value)] : String(value)));
  return args.length === 0 ? error.name : `${error.name}(${args.join(", ")})`;
}

/** The judge on an in-process chain whose gas limit does not stand in the way of batches. */
export async function deployVm(): Promise<VmFixture> {
  const { ethers } = await hre.network.create({
    network: "default",
    override: { blockGasLimit: CALL_GAS, transactionGasCap: false },
  });
  const vm = await ethers.deployContract("TensorVM");
  const batch = await ethers.deployContract("JudgeBatch");
  const address = await vm.getAddress();

  const verdict = (wrong: boolean, data: string): Verdict => {
    if (!wrong) return { wrong, error: errorIn(vm, data) };
    const [node, position, claimed, actual] = vm.interface.decodeFunctionResult("judge", data) as unknown as bigint[];
    return { wrong, node: Number(node), position: position!, claimed: claimed!, actual: actual! };
  };

  const judgeAll = async (cases: readonly Case[]): Promise<Verdict[]> => {
    const verdicts: Verdict[] = [];
    for (const entries of batches(cases)) {
      const claims = [...new Set(entries.map(({ facts }) => facts))];
      const list = entries.map(({ facts, shard, shardRoot, proof, gas }) => ({
        claim: claims.indexOf(facts),
        shard,
        shardRoot,
        kind: proof.kind,
        proof: proof.proof,
        gas,
      }));
      const { wrong, data } = await batch.judgeAll(address, claims, list, { gasLimit: CALL_GAS });
      verdicts.push(...wrong.map((isWrong, i) => verdict(isWrong, data[i]!)));
    }
    return verdicts;
  };
  return { vm, ethers, judgeAll, judge: async (facts, aimed) => (await judgeAll([{ facts, ...aimed }]))[0]! };
}
