import { OrionError } from "@orion/protocol/common";

/** What an agent sent did not do what the agent knew it would, or an identity broke: a mistake of the simulation, or a finding. */
export class SimulationError extends OrionError {
  readonly code = "SIMULATION";
  readonly retryable = false;
}
