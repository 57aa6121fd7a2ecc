import { Bytes } from "@graphprotocol/graph-ts";

import { Challenger } from "../../generated/schema";
import { ZERO } from "./numbers";

export function loadChallenger(address: Bytes): Challenger {
  const known = Challenger.load(address);
  if (known !== null) return known;
  const challenger = new Challenger(address);
  challenger.demandCount = 0;
  challenger.proofCount = 0;
  challenger.timeoutCount = 0;
  challenger.rewards = ZERO;
  return challenger;
}
