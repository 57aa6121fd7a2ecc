import { AbiCoder, keccak256 } from "ethers";

/** Names a pool of the exchange: two tokens in the order of their addresses, and its fee in basis points of the input. */
export interface PoolKey {
  readonly token0: string;
  readonly token1: string;
  readonly fee: number;
}

/** The fee tiers that the exchange knows. */
export const POOL_FEES = [1, 5, 30, 100] as const;
export const BASIS_POINTS = 10_000;

/** The pool between two tokens, given in any order. */
export function poolKeyOf(one: string, other: string, fee: number): PoolKey {
  return BigInt(one) < BigInt(other) ? { token0: one, token1: other, fee } : { token0: other, token1: one, fee };
}

/** `uint256(keccak256(abi.encode(token0, token1, fee)))`, which is also the ERC-6909 id of the pool's shares. */
export function poolIdOf({ token0, token1, fee }: PoolKey): bigint {
  const types = ["address", "address", "uint16"];
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, [token0, token1, fee])));
}
