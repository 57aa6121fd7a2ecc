import { Bytes } from "@graphprotocol/graph-ts";

import { Voter } from "../../generated/schema";
import { ZERO } from "./numbers";

export function loadVoter(address: Bytes): Voter {
  const known = Voter.load(address);
  if (known !== null) return known;
  const voter = new Voter(address);
  voter.votes = ZERO;
  return voter;
}
