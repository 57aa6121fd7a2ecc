import { isError, Signature, TypedDataEncoder, type TypedDataDomain } from "ethers";

import { chainError } from "@orion/protocol/chain";

import type { SigningClient } from "./client.ts";
import type { Token } from "./tokens.ts";

/** An ERC-2612 permit as the contracts take it. */
export interface Permit {
  readonly value: bigint;
  readonly deadline: bigint;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

export interface PermitRequest {
  readonly token: Token;
  readonly spender: string;
  readonly value: bigint;
  /** Chain time in seconds. */
  readonly deadline: bigint;
}

const TYPES = {
  Permit: ["owner:address", "spender:address", "value:uint256", "nonce:uint256", "deadline:uint256"].map((field) => {
    const [name = "", type = ""] = field.split(":");
    return { name, type };
  }),
};
/** Versions that tokens give themselves in their signing domain. */
const VERSIONS = ["1", "2"];

/** Signs a permit of the client's account; undefined where the token has no ERC-2612 permit that this can sign. */
export async function signPermit(client: SigningClient, request: PermitRequest): Promise<Permit | undefined> {
  const { token, spender, value, deadline } = request;
  const owner = client.sender.address;
  const found = await domainAndNonce(client, token, owner);
  if (found === undefined) return undefined;
  const message = { owner, spender, value, nonce: found.nonce, deadline };
  const { v, r, s } = Signature.from(await client.wallet.signTypedData(found.domain, TYPES, message));
  return { value, deadline, v, r, s };
}

async function domainAndNonce(
  { chain }: SigningClient,
  token: Token,
  owner: string,
): Promise<{ domain: TypedDataDomain; nonce: bigint } | undefined> {
  try {
    const [nonce, separator, name] = await Promise.all([token.nonces(owner), token.DOMAIN_SEPARATOR(), token.name()]);
    const base = { name, chainId: chain.network.chainId, verifyingContract: await token.getAddress() };
    const domain = VERSIONS.map((version) => ({ ...base, version })).find(
      (each) => TypedDataEncoder.hashDomain(each) === separator,
    );
    return domain === undefined ? undefined : { domain, nonce };
  } catch (error) {
    // Refused, or answered with nothing: this token has no such functions.
    if (isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA")) return undefined;
    throw chainError(error, chain.network.rpcUrl);
  }
}
