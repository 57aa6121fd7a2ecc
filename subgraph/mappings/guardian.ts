import { Address } from "@graphprotocol/graph-ts";

import { GuardianSet, OperationVetoed, Paused } from "../generated/Guardian/Guardian";
import { Guardian, GuardianPause, Operation, Veto } from "../generated/schema";
import { eventId } from "./lib/bytes";
import { ZERO } from "./lib/numbers";
import { loadProtocol } from "./lib/protocol";

export function handleGuardianSet(event: GuardianSet): void {
  const guardian = loadGuardian(event.address);
  const account = event.params.guardian;
  if (account.equals(Address.zero())) guardian.account = null;
  else guardian.account = account;
  guardian.setAt = event.block.timestamp;
  guardian.save();
}

export function handlePaused(event: Paused): void {
  const p = event.params;
  const guardian = loadGuardian(event.address);
  guardian.pauseCount++;
  guardian.save();

  const pause = new GuardianPause(eventId(event));
  pause.guardian = guardian.id;
  pause.account = p.guardian;
  pause.target = p.target;
  pause.until = p.until;
  pause.timestamp = event.block.timestamp;
  pause.block = event.block.number;
  pause.transaction = event.transaction.hash;
  pause.save();
}

export function handleOperationVetoed(event: OperationVetoed): void {
  const p = event.params;
  const guardian = loadGuardian(event.address);
  guardian.vetoCount++;
  guardian.save();

  const veto = new Veto(eventId(event));
  veto.guardian = guardian.id;
  veto.account = p.guardian;
  veto.operation = p.operation;
  veto.action = p.action;
  veto.timestamp = event.block.timestamp;
  veto.block = event.block.number;
  veto.transaction = event.transaction.hash;
  veto.save();
  // The timelock's own event follows and ends it.
  const operation = Operation.load(p.operation);
  if (operation === null) return;
  operation.vetoedBy = p.guardian;
  operation.save();
}

function loadGuardian(address: Address): Guardian {
  const known = Guardian.load(address);
  if (known !== null) return known;
  const guardian = new Guardian(address);
  guardian.setAt = ZERO;
  guardian.pauseCount = 0;
  guardian.vetoCount = 0;
  const protocol = loadProtocol();
  protocol.guardian = address;
  protocol.save();
  return guardian;
}
