import { AbiCoder, concat, keccak256 } from "ethers";

/** `keccak256(abi.encode(market, key))`: what the judge calls a claim. */
export function claimIdOf(market: string, key: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [market, key]));
}

/** What a seal binds of a proof. */
export interface SealedProof {
  /** Absolute shard and its answered root (0x-hex); both zero for a missing leaf of the tree over the shards. */
  readonly shard: number;
  readonly shardRoot: string;
  readonly proof: Uint8Array;
}

/** What `seal` is given: binds claim, prover and proof without showing the proof. */
export function sealCommitment(claimId: string, prover: string, sealed: SealedProof, salt: string): string {
  const coder = AbiCoder.defaultAbiCoder();
  const { shard, shardRoot, proof } = sealed;
  const content = keccak256(coder.encode(["uint32", "bytes32", "bytes32"], [shard, shardRoot, keccak256(proof)]));
  return keccak256(coder.encode(["bytes32", "address", "bytes32", "bytes32"], [claimId, prover, content, salt]));
}

/** A salt that only the holder of the secret can find, and that it finds again after a restart. */
export function sealSalt(secret: string, claimId: string): string {
  return keccak256(concat([secret, claimId]));
}
