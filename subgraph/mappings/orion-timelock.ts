import { Bytes } from "@graphprotocol/graph-ts";

import { CallExecuted, CallScheduled, Cancelled, MinDelayChange } from "../generated/OrionTimelock/OrionTimelock";
import { Operation, OperationCall } from "../generated/schema";
import { eventId } from "./lib/bytes";
import { recordParameter } from "./lib/parameters";

/** One event for each call; the operation begins with the first of them, and a cancelled one may be scheduled anew. */
export function handleCallScheduled(event: CallScheduled): void {
  const p = event.params;
  const operation = new Operation(p.id);
  operation.timelock = event.address;
  operation.predecessor = p.predecessor;
  operation.eta = event.block.timestamp.plus(p.delay);
  operation.state = "SCHEDULED";
  operation.scheduledAt = event.block.timestamp;
  operation.endedAt = null;
  operation.save();

  const call = new OperationCall(eventId(event));
  call.operation = operation.id;
  call.index = p.index;
  call.target = p.target;
  call.value = p.value;
  call.data = p.data;
  call.save();
}

export function handleCallExecuted(event: CallExecuted): void {
  const operation = Operation.load(event.params.id);
  if (operation === null) return;
  operation.state = "EXECUTED";
  operation.endedAt = event.block.timestamp;
  operation.save();
}

export function handleCancelled(event: Cancelled): void {
  const operation = Operation.load(event.params.id);
  if (operation === null) return;
  operation.state = "CANCELLED";
  operation.endedAt = event.block.timestamp;
  operation.save();
}

export function handleMinDelayChange(event: MinDelayChange): void {
  recordParameter(event, Bytes.fromUTF8("minDelay"), event.params.newDuration, null);
}
