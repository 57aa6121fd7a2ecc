import { concat, keccak256, toUtf8Bytes, type Wallet } from "ethers";

/** Makes an account's seals unguessable, and the same again after a restart. It is as secret as the key. */
export function sealSecretOf(wallet: Wallet): string {
  return keccak256(concat([toUtf8Bytes("orion seal"), wallet.privateKey]));
}
