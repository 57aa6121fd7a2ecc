import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, Signature, type AddressLike, type BigNumberish } from "ethers";

/** What a permit needs of a token. */
interface PermitToken {
  getAddress(): Promise<string>;
  name(): Promise<string>;
  nonces(owner: AddressLike): Promise<bigint>;
}

const FIELDS = ["owner:address", "spender:address", "value:uint256", "nonce:uint256", "deadline:uint256"];

/** An ERC-2612 permit without deadline, signed by `owner` with its next nonce. */
export async function signPermit(
  token: PermitToken,
  owner: HardhatEthersSigner,
  spender: AddressLike,
  value: BigNumberish,
): Promise<Signature> {
  if (owner.provider === null) throw new Error("the signer is not connected");
  const { chainId } = await owner.provider.getNetwork();
  const domain = { name: await token.name(), version: "1", chainId, verifyingContract: await token.getAddress() };
  const Permit = FIELDS.map((field) => ({ name: field.split(":")[0] ?? "", type: field.split(":")[1] ?? "" }));
  const nonce = await token.nonces(owner);
  const message = { owner: owner.address, spender, value, nonce, deadline: MaxUint256 };
  return Signature.from(await owner.signTypedData(domain, { Permit }, message));
}
