import { createHash } from "node:crypto";

/** The trees of PROTOCOL §2 once more, by recursion over Node's own SHA-256; shares no code with the implementation. */
export function sha(...parts: readonly (Uint8Array | number[])[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(Uint8Array.from(part));
  return new Uint8Array(hash.digest());
}

export function naiveWidth(count: number): number {
  let width = 1;
  while (width < count) width *= 2;
  return width;
}

export function naiveNode(leaves: readonly Uint8Array[], from: number, width: number): Uint8Array {
  if (width === 1) return leaves[from] ?? new Uint8Array(32);
  const half = width / 2;
  return sha([1], naiveNode(leaves, from, half), naiveNode(leaves, from + half, half));
}

export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return naiveNode(leaves, 0, naiveWidth(leaves.length));
}

export function naiveTensorLeaves(bytes: Uint8Array): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 1024) {
    const chunk = [...bytes.slice(at, at + 1024)];
    while (chunk.length < 1024) chunk.push(0);
    leaves.push(sha([0], chunk));
  }
  return leaves;
}

/** Hashes a range proof holds by the definition in the specification: outermost recursion from the leaves up. */
export function naiveProof(leaves: readonly Uint8Array[], first: number, last: number): Uint8Array[] {
  const width = naiveWidth(leaves.length);
  const proof: Uint8Array[] = [];
  for (let span = 1; span < width; span *= 2, first = first >> 1, last = last >> 1) {
    if (first & 1) proof.push(naiveNode(leaves, (first - 1) * span, span));
    if (!(last & 1)) proof.push(naiveNode(leaves, (last + 1) * span, span));
  }
  return proof;
}

/** Distinct leaves that depend on nothing but their position and `seed`. */
export function someLeaves(count: number, seed = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => sha([seed & 255, i & 255, i >> 8]));
}

export function someBytes(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 131 + (i >> 8) * 7 + seed) & 255);
}
