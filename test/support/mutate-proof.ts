import { encodeProof, PROOF_KINDS, type EncodedProof, type StepProof } from "@orion/protocol/tensor";

import type { Random } from "../unit/tensor/random.ts";

const WORD = 32;

/** What a liar can do to the fields of a proof that was in order. */
const CHANGES: readonly ((p: StepProof, r: Random) => StepProof)[] = [
  (p, r) => ({ ...p, element: p.element + r.pick([1, 2, 1024]) }),
  (p, r) => ({ ...p, element: Math.max(0, p.element - r.pick([1, 2, 1024])) }),
  (p) => ({ ...p, node: p.node + 1 }),
  (p) => ({ ...p, node: Math.max(0, p.node - 1) }),
  (p) => ({ ...p, header: { ...p.header, nodeCount: p.header.nodeCount + 1 } }),
  (p) => ({ ...p, header: { ...p.header, sharedSlots: p.header.sharedSlots + 1 } }),
  (p) => ({ ...p, header: { ...p.header, shardSlots: p.header.shardSlots + 1 } }),
  (p) => ({ ...p, header: { ...p.header, version: 2 } }),
  (p) => ({ ...p, header: { ...p.header, outputCount: p.header.outputCount + 1 } }),
  (p) => ({ ...p, header: { ...p.header, outputs: [p.header.outputs[0] + 1n, p.header.outputs[1]] } }),
  (p) => ({ ...p, operands: p.operands.slice(1) }),
  (p) => ({ ...p, operands: p.operands.slice(0, -1) }),
  (p) => ({ ...p, operands: [...p.operands, p.claimed] }),
  (p) => ({ ...p, operands: [...p.operands].reverse() }),
  (p) => ({ ...p, operands: p.operands.map(() => p.claimed) }),
  (p) => ({ ...p, claimed: p.operands[0] ?? p.claimed }),
  (p) => ({ ...p, claimed: { ...p.claimed, path: [...p.claimed.path, new Uint8Array(WORD)] } }),
  (p) => ({ ...p, claimed: { ...p.claimed, path: p.claimed.path.slice(1) } }),
  (p) => ({ ...p, claimed: { ...p.claimed, path: p.claimed.path.slice(0, -1) } }),
  (p) => ({ ...p, claimed: { ...p.claimed, chunks: new Uint8Array([...p.claimed.chunks, ...p.claimed.chunks]) } }),
  (p) => ({ ...p, operands: p.operands.map((o) => ({ ...o, path: o.path.slice(1) })) }),
  (p) => ({ ...p, operands: p.operands.map((o) => ({ ...o, path: [...o.path, new Uint8Array(WORD)] })) }),
  (p) => ({ ...p, operands: p.operands.map((o) => ({ ...o, chunks: new Uint8Array([...o.chunks, ...o.chunks]) })) }),
  (p) => ({ ...p, descriptorPath: [...p.descriptorPath, new Uint8Array(WORD)] }),
  (p) => ({ ...p, descriptorPath: p.descriptorPath.slice(1) }),
];

function changeBytes({ kind, proof }: EncodedProof, r: Random): EncodedProof {
  const bytes = proof.slice();
  const word = (): number => WORD * r.between(0, bytes.length / WORD - 1);
  switch (r.between(0, 5)) {
    case 0:
      bytes[r.between(0, bytes.length - 1)]! ^= 1 << r.between(0, 7);
      return { kind, proof: bytes };
    case 1:
      bytes.copyWithin(word(), word(), word());
      return { kind, proof: bytes };
    case 2:
      return { kind, proof: new Uint8Array([...bytes, ...new Uint8Array(r.pick([1, WORD]))]) };
    case 3: {
      const cut = word();
      return { kind, proof: new Uint8Array([...bytes.slice(0, cut), ...bytes.slice(cut + WORD)]) };
    }
    case 4:
      return { kind: r.pick(Object.values(PROOF_KINDS).filter((other) => other !== kind)), proof: bytes };
    default: {
      const from = word();
      return {
        kind,
        proof: new Uint8Array([...bytes.slice(0, from), ...bytes.slice(from, from + WORD), ...bytes.slice(from)]),
      };
    }
  }
}

/** The proof with one thing wrong about it, or now and then unharmed where the change hits nothing. */
export function mutateProof(proof: StepProof, r: Random): EncodedProof {
  if (r.chance(0.5)) return encodeProof({ kind: "step", proof: r.pick(CHANGES)(proof, r) });
  return changeBytes(encodeProof({ kind: "step", proof }), r);
}
