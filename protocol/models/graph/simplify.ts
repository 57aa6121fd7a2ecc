import { dropNeutral } from "./passes/drop-neutral.ts";
import { joinMoves } from "./passes/join-moves.ts";
import { foldScales } from "./passes/fold-scales.ts";
import { fuseActivations } from "./passes/fuse-activations.ts";
import { fuseLayerNorm } from "./passes/fuse-layer-norm.ts";
import type { Graph } from "./types.ts";

/**
 * Brings a graph into the form with the fewest operators: activations and layer normalisations become one node each, factors and shifts of
 * channels go into the weights. Results change by rounding only.
 */
export function simplify(graph: Graph): Graph {
  // Activations first: the 3 that a HardSwish adds must not go into the bias of a convolution.
  const passes = [dropNeutral, joinMoves, dropNeutral, fuseActivations, fuseLayerNorm, foldScales];
  return passes.reduce((current, pass) => pass(current), graph);
}
