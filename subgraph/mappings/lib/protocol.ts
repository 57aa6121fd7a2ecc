import { Bytes } from "@graphprotocol/graph-ts";

import { Protocol } from "../../generated/schema";

/** The one row that leads to the totals of every contract. */
export function loadProtocol(): Protocol {
  const id = Bytes.fromUTF8("orion");
  const known = Protocol.load(id);
  if (known !== null) return known;
  return new Protocol(id);
}
