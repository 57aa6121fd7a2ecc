import { chainNow, reading } from "../chain/index.ts";
import {
  claimIdOf,
  makeMissingProof,
  makeProof,
  partialProofSource,
  profileOf,
  proveCall,
  sealCall,
  sealCommitment,
  sealSalt,
  type Case,
  type Provable,
  type ReadyProof,
} from "../disputes/index.ts";
import type { ServiceContext } from "../jobs/index.ts";
import type { ProgramNode } from "../tensor/index.ts";

import type { ChallengeContext, Progress, Pursuit } from "./pursuit.ts";

/** Seconds that seal and proof may take beyond the seal's age. */
const MARGIN_SECONDS = 3;

/** Seals the proof, and shows it once the seal is old enough, so that whoever copies it from the mempool earns nothing. */
export async function prove(
  context: ChallengeContext,
  of: Case,
  pursuit: Pursuit,
  difference: Provable,
): Promise<Progress> {
  const { chain, sender, log, sealSecret } = context;
  if (pursuit.sealing?.place !== difference.place) {
    pursuit.sealing = { place: difference.place, proof: await proofOf(of, pursuit, difference) };
  }
  const { proof } = pursuit.sealing;
  const claimId = claimIdOf(chain.network.addresses.market, of.unit.key);
  const salt = sealSalt(sealSecret, claimId);
  const commitment = sealCommitment(claimId, sender.address, proof, salt);
  const profile = await reading(chain, () => chain.contracts.disputes.profile(profileOf(of.terms)));
  const sealAge = Number(profile.sealAge);
  const sealedAt = Number(await reading(chain, () => chain.contracts.disputes.sealedAt(commitment)));
  const now = await chainNow(chain);
  if (sealedAt === 0 && (await hasTime(context, of, now + sealAge + MARGIN_SECONDS))) {
    context.step?.("validator:sealing");
    await sender.send(sealCall(of, commitment));
    context.step?.("validator:sealed");
    return "waiting";
  }
  if (sealedAt !== 0 && now < sealedAt + sealAge && (await hasTime(context, of, now + MARGIN_SECONDS))) {
    return "waiting";
  }
  const receipt = await sender.send(proveCall(of, proof, salt));
  context.step?.("validator:proved");
  log.info(
    { key: of.unit.key, where: proof.where, gas: Number(receipt.gasUsed) },
    `proved a claim wrong at ${proof.where}`,
  );
  return "over";
}

async function proofOf(of: Case, { known, own, signal }: Pursuit, difference: Provable): Promise<ReadyProof> {
  const { program, unit, sha256 } = of;
  if (difference.kind === "missing") return makeMissingProof(difference, known, program, unit.from, sha256);
  const { shard, node } = difference;
  const { operands } = program.nodes[node] as ProgramNode;
  const nodes = [...new Set([node, ...operands.map((operand) => operand.node)])];
  const trace = await own.withValues(shard, nodes, signal);
  const base = { program, shard: unit.from + shard, given: trace.tensors, inputs: await own.inputs() };
  const source = partialProofSource(base, shard, known, trace);
  return makeProof(difference, known, trace.tensors, source, sha256);
}

/**
 * Whether the claim cannot be settled before a time. Without that time the proof goes out unsealed: the claim falls all the same, and only the reward burns.
 */
async function hasTime({ chain }: ServiceContext, of: Case, time: number): Promise<boolean> {
  const { market } = chain.network.addresses;
  const { holdUntil } = await reading(chain, () => chain.contracts.disputes.outcome(market, of.unit.key));
  return Math.max(of.unit.windowEnd, Number(holdUntil)) > time;
}
