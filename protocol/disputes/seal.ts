import { AbiCoder, concat, keccak256 } from "ethers";

/** `keccak256(abi.encode(market, key))`: what the judge calls a claim. */
export function claimIdOf(market: string, key: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [market, key]));
}

/** What `seal` is given: binds claim, prover and proof without showing the proof. */
export function sealCommitment(claimId: string, prover: string, proof: Uint8Array, salt: string): string {
  const types = ["bytes32", "address", "bytes32", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [claimId, prover, keccak256(proof), salt]));
}

/** A salt that only the holder of the secret can find, and that it finds again after a restart. */
export function sealSalt(secret: string, claimId: string): string {
  return keccak256(concat([secret, claimId]));
}
