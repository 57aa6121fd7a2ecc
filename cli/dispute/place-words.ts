import { positionOf, ROOT, type ClaimShape, type Subject } from "@orion/protocol/disputes";

/**
 * What was demanded in words, such as "shard 12, node 5, chunks 64–127".
 * @param shape undefined where the program cannot be had: then places stay numbers
 * @param from first shard of the claim
 */
export function demandWords(what: Subject, shape: ClaimShape | undefined, from: number): string {
  switch (what.kind) {
    case "shard":
      return `trace of shard ${what.shard}`;
    case "block":
      return `output ${what.block.output} of shard ${what.block.shard}, block ${what.block.index}`;
    case "outputs":
    case "trace":
      return shape === undefined ? `place ${what.place} of the ${what.kind}` : placeWords(shape, from, what);
  }
}

function placeWords(
  shape: ClaimShape,
  from: number,
  { kind, place }: Extract<Subject, { kind: "outputs" | "trace" }>,
): string {
  if (kind === "outputs" && place === ROOT) return "the outputs root";
  const at = positionOf(shape, kind, place);
  const first = at.index * 2 ** at.level;
  const last = first + 2 ** at.level - 1;
  if (at.tree === "shards") return `outputs of ${span("shard", first + from, last + from)}`;
  const shard = `shard ${from + at.shard}`;
  if (at.tree === "nodes") return `${shard}, ${span("node", first, last)}`;
  return `${shard}, node ${at.node}, ${span("chunk", first, last)}`;
}

function span(name: string, first: number, last: number): string {
  return first === last ? `${name} ${first}` : `${name}s ${first}–${last}`;
}
