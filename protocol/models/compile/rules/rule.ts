import type { GraphNode } from "../../graph/types.ts";
import type { Lowering } from "../lowering.ts";

/**
 * Lowers one node of the graph: says what its outputs are, with nodes of the program or with none yet. The text is for
 * the report. Throws Refusal where the node has no equal in a program.
 */
export type Rule = (node: GraphNode, ctx: Lowering) => string;

/** Operators by name. */
export type Rules = Readonly<Record<string, Rule>>;
