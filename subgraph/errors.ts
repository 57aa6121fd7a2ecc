import { OrionError } from "@orion/protocol/common";

/** The subgraph could not be rendered, generated or built; the tool's own words are in the message. */
export class SubgraphError extends OrionError {
  readonly code = "SUBGRAPH";
  readonly retryable = false;
}
