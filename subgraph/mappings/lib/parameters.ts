import { BigInt, Bytes, ethereum } from "@graphprotocol/graph-ts";

import { Parameter, ParameterChange } from "../../generated/schema";
import { eventId, readable } from "./bytes";
import { ONE, ZERO } from "./numbers";

/** Records a value that a contract's parameter was given. `subject` is what it applies to, where it is not the whole contract. */
export function recordParameter(event: ethereum.Event, name: Bytes, value: BigInt, subject: Bytes | null): void {
  let id = event.address.concat(name);
  if (subject !== null) id = id.concat(subject);
  const parameter = new Parameter(id);
  parameter.contract = event.address;
  parameter.name = readable(name);
  parameter.subject = subject;
  parameter.value = value;
  parameter.changedAt = event.block.timestamp;
  parameter.save();

  const change = new ParameterChange(eventId(event));
  change.parameter = id;
  change.value = value;
  change.timestamp = event.block.timestamp;
  change.block = event.block.number;
  change.transaction = event.transaction.hash;
  change.save();
}

export function recordPause(event: ethereum.Event, paused: boolean): void {
  recordParameter(event, Bytes.fromUTF8("paused"), paused ? ONE : ZERO, null);
}
