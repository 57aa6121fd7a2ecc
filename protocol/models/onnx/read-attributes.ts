import { modelError, quoted } from "../graph/model-error.ts";
import type { Attribute } from "../graph/types.ts";
import type { AttributeProto, GraphProto, NodeProto } from "./proto.ts";
import { type ExternalData, readTensor } from "./read-tensor.ts";

const KINDS = new Map([
  [1, "float"],
  [2, "int"],
  [3, "text"],
  [4, "tensor"],
  [5, "graph"],
  [6, "floats"],
  [7, "ints"],
  [8, "texts"],
  [11, "sparse tensor"],
]);

/** The kind of an attribute; files of the first versions do not name it. */
function kindOf(attribute: AttributeProto): string {
  const kind = KINDS.get(Number(attribute.type ?? 0n));
  if (kind !== undefined) return kind;
  if (attribute.f !== undefined) return "float";
  if (attribute.i !== undefined) return "int";
  if (attribute.s !== undefined) return "text";
  if (attribute.t !== undefined) return "tensor";
  if (attribute.g !== undefined) return "graph";
  if (attribute.floats !== undefined) return "floats";
  return attribute.ints === undefined ? "unknown" : "ints";
}

function floatsOf(chunks: readonly Uint8Array[], label: string): number[] {
  return chunks.flatMap((chunk) => {
    if (chunk.length % 4 !== 0) throw modelError(`${label} is cut off`);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return Array.from({ length: chunk.length / 4 }, (_, at) => view.getFloat32(at * 4, true));
  });
}

const decoder = new TextDecoder();

/** A node's attributes, its subgraphs apart. Throws InvalidInputError for kinds that no supported operator has. */
export async function readAttributes(
  node: NodeProto,
  label: string,
  external?: ExternalData,
): Promise<{ attributes: Map<string, Attribute>; graphs: Map<string, GraphProto> }> {
  const attributes = new Map<string, Attribute>();
  const graphs = new Map<string, GraphProto>();
  for (const attribute of node.attributes ?? []) {
    const name = attribute.name ?? "";
    const what = `attribute ${quoted(name)} of ${label}`;
    if (attributes.has(name) || graphs.has(name)) throw modelError(`${what} is there twice`);
    switch (kindOf(attribute)) {
      case "float":
        attributes.set(name, attribute.f ?? 0);
        break;
      case "int":
        attributes.set(name, Number(attribute.i ?? 0n));
        break;
      case "text":
        attributes.set(name, decoder.decode(attribute.s));
        break;
      case "tensor":
        attributes.set(name, await readTensor(attribute.t ?? {}, what, external));
        break;
      case "graph":
        graphs.set(name, attribute.g ?? {});
        break;
      case "floats":
        attributes.set(name, floatsOf(attribute.floats ?? [], what));
        break;
      case "ints":
        attributes.set(name, Array.from(attribute.ints ?? [], Number));
        break;
      case "texts":
        attributes.set(
          name,
          (attribute.strings ?? []).map((text) => decoder.decode(text)),
        );
        break;
      default:
        throw modelError(`${what} is a ${kindOf(attribute)}, which is not supported`);
    }
  }
  return { attributes, graphs };
}
