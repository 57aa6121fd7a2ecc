import { positionOf, ROOT, type ClaimShape, type Place } from "@orion/protocol/disputes";

/**
 * A place of a claim in words, such as "shard 12, node 5, chunks 64–127".
 * @param from first shard of the claim
 */
export function placeWords(shape: ClaimShape, from: number, place: Place): string {
  if (place === ROOT) return "the claim root";
  const { tree, level, index, ...inside } = positionOf(shape, place);
  const first = index * 2 ** level;
  const last = first + 2 ** level - 1;
  if (tree === "shards") return span("shard", first + from, last + from);
  const shard = `shard ${from + ("shard" in inside ? inside.shard : 0)}`;
  if (tree === "nodes") return `${shard}, ${span("node", first, last)}`;
  return `${shard}, node ${"node" in inside ? inside.node : 0}, ${span("chunk", first, last)}`;
}

function span(name: string, first: number, last: number): string {
  return first === last ? `${name} ${first}` : `${name}s ${first}–${last}`;
}
