import hre from "hardhat";

import { buildStepProof, elementCount, encodeProof, FORMAT, type StepProof } from "@orion/protocol/tensor";

import { stepCost } from "../../protocol/tensor/step-cost.ts";
import { nodeSha256 } from "../../test/support/node-sha256.ts";
import { measuredClaim, type Build, type Fill } from "./claims.ts";

export interface Measurement {
  /** Gas of one transaction that calls the judge, calldata floor included. */
  readonly gas: number;
  /** The same without the floor (execution and calldata at 4 and 16 gas a byte). */
  readonly execution: number;
  readonly calldataBytes: number;
  readonly chunks: number;
  readonly hashes: number;
  /** The validator's upper bound at the deepest trees. */
  readonly bound: number;
}

export interface Meter {
  measure(build: Build, options?: { readonly element?: number; readonly fill?: Fill }): Promise<Measurement>;
}

const GAS_LIMIT = 16_000_000;

function countsOf({ claimed, operands, descriptorPath }: StepProof): { chunks: number; hashes: number } {
  const openings = [claimed, ...operands];
  const chunks = openings.reduce((sum, { chunks: bytes }) => sum + bytes.length / FORMAT.leafBytes, 0);
  const hashes = openings.reduce((sum, { path }) => sum + path.length, descriptorPath.length);
  return { chunks, hashes };
}

/** Measures real transactions on two chains, one with the calldata floor of EIP-7623 and one from before it. */
export async function createMeter(): Promise<Meter> {
  const chains = await Promise.all(
    (["osaka", "cancun"] as const).map(async (hardfork) => {
      const { ethers } = await hre.network.create({ network: "default", override: { hardfork } });
      const [signer] = await ethers.getSigners();
      const vm = await ethers.deployContract("TensorVM");
      return { signer: signer!, vm, to: await vm.getAddress() };
    }),
  );
  const gasOf = async (chain: (typeof chains)[number], args: Parameters<typeof chain.vm.judge>): Promise<number> => {
    const data = chain.vm.interface.encodeFunctionData("judge", args as never);
    const sent = await chain.signer.sendTransaction({ to: chain.to, data, gasLimit: GAS_LIMIT });
    const receipt = await sent.wait();
    return Number(receipt!.gasUsed);
  };
  return {
    async measure(build, { element: at, fill } = {}) {
      const { program, facts, source, trace, node } = measuredClaim(build, fill);
      const found = program.nodes[node]!;
      const element = at ?? Math.floor(elementCount(found.dims) / 2);
      const proof = buildStepProof(source(facts.from), { node, element }, nodeSha256);
      const { kind, proof: bytes } = encodeProof({ kind: "step", proof });
      const [gas, execution] = await Promise.all(
        chains.map((chain) => gasOf(chain, [facts, facts.from, trace(facts.from).root, kind, bytes])),
      );
      const calldataBytes = 4 + 15 * 32 + bytes.length;
      const scope = {
        nodeCount: program.nodes.length,
        sharedSlots: program.sharedSlots,
        shardSlots: program.shardSlots,
      };
      return { gas: gas!, execution: execution!, calldataBytes, ...countsOf(proof), bound: stepCost(found, scope).gas };
    },
  };
}
