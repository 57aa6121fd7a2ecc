import { OrionError } from "../../common/errors.ts";

/** One node that cannot be part of a program. */
export interface UnsupportedNode {
  readonly op: string;
  readonly name: string;
  readonly reason: string;
  /** What the owner of the model could do. */
  readonly remedy: string | undefined;
}

/** A model has nodes without an equal in a tensor program; `nodes` names all that were found. */
export class UnsupportedNodesError extends OrionError {
  readonly code = "UNSUPPORTED_MODEL";
  readonly retryable = false;
  readonly nodes: readonly UnsupportedNode[];

  constructor(nodes: readonly UnsupportedNode[]) {
    const lines = nodes.map(({ op, name, reason, remedy }) => {
      return `  ${op} "${name}": ${reason}${remedy === undefined ? "" : ` (${remedy})`}`;
    });
    super(
      `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"} of the model cannot be compiled:\n${lines.join("\n")}`,
      {
        hint: "export the model without these operators, or cut it before them and compute the rest from its outputs",
      },
    );
    this.nodes = nodes;
  }
}
