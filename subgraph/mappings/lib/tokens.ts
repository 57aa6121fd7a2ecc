import { Address, BigInt, Bytes } from "@graphprotocol/graph-ts";

import { Token, TokenBalance } from "../../generated/schema";
import { ZERO } from "./numbers";

/** A token's row; made on first sight, without a name, which only the protocol's own tokens have here. */
export function loadToken(address: Bytes): Token {
  const known = Token.load(address);
  if (known !== null) return known;
  const token = new Token(address);
  token.supply = ZERO;
  token.minted = ZERO;
  token.burned = ZERO;
  token.reserves = ZERO;
  token.volume = ZERO;
  token.lpFees = ZERO;
  token.protocolFees = ZERO;
  token.collectedFees = ZERO;
  return token;
}

/** A transfer of one of the protocol's own tokens; from the zero address it is a mint, to it a burn. */
export function moveTokens(token: Token, from: Address, to: Address, amount: BigInt): void {
  const mints = from.equals(Address.zero());
  const burns = to.equals(Address.zero());
  if (mints) token.minted = token.minted.plus(amount);
  else addToBalance(token.id, from, amount.neg());
  if (burns) token.burned = token.burned.plus(amount);
  else addToBalance(token.id, to, amount);
  if (!mints && !burns) return;
  token.supply = token.minted.minus(token.burned);
  token.save();
}

function addToBalance(token: Bytes, account: Address, amount: BigInt): void {
  const id = token.concat(account);
  let balance = TokenBalance.load(id);
  if (balance === null) {
    balance = new TokenBalance(id);
    balance.token = token;
    balance.account = account;
    balance.amount = ZERO;
  }
  balance.amount = balance.amount.plus(amount);
  balance.save();
}
