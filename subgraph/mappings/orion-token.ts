import { Address } from "@graphprotocol/graph-ts";

import { DelegateChanged, DelegateVotesChanged, Transfer } from "../generated/OrionToken/OrionToken";
import { loadProtocol } from "./lib/protocol";
import { loadToken, moveTokens } from "./lib/tokens";
import { loadVoter } from "./lib/voters";

export function handleTransfer(event: Transfer): void {
  const token = loadToken(event.address);
  if (token.symbol === null) {
    token.symbol = "ORION";
    token.decimals = 18;
    token.save();
    const protocol = loadProtocol();
    protocol.orion = event.address;
    protocol.save();
  }
  moveTokens(token, event.params.from, event.params.to, event.params.value);
}

export function handleDelegateChanged(event: DelegateChanged): void {
  const voter = loadVoter(event.params.delegator);
  const delegate = event.params.toDelegate;
  if (delegate.equals(Address.zero())) voter.delegate = null;
  else voter.delegate = delegate;
  voter.save();
}

export function handleDelegateVotesChanged(event: DelegateVotesChanged): void {
  const voter = loadVoter(event.params.delegate);
  voter.votes = event.params.newVotes;
  voter.save();
}
