import { interpret, ProgramBuilder, tensor } from "@orion/protocol/tensor";

import { makeClaim, type ClaimFixture, type ClaimOptions } from "../../../support/claim-fixture.ts";

const ROWS = 3;
const COLUMNS = 700;

/** Shard and shared inputs, a product over three chunks a row, a sum and a clamp: five computed and given nodes. */
function program() {
  const b = new ProgramBuilder();
  const x = b.shardInput("i8", [ROWS, COLUMNS]);
  const w = b.sharedInput("i8", [2, COLUMNS]);
  const y = b.matmul(x, w, { dtype: "i32", m: 1, s: 0 });
  const z = b.clamp(x, -100, 100);
  return { ...b.build(b.add(y, y, { dtype: "i32" })), nodes: { x: x.node, w: w.node, y: y.node, z: z.node } };
}

const { program: PROGRAM, constants: CONSTANTS, nodes: NODE } = program();
export { PROGRAM, NODE };
/** Absolute index of the claim's first shard. */
export const FROM = 4;

/** A right claim of two shards of nine, unless `alter` makes it wrong. */
export function claimOf(options: ClaimOptions = {}): ClaimFixture {
  const bits = (seed: number, length: number): Int8Array =>
    Int8Array.from({ length }, (_, i) => ((i * 2_654_435_761 + seed * 40_503) >> 7) & 255);
  const shared = [tensor("i8", [2, COLUMNS], bits(1, 2 * COLUMNS))];
  const values = [2, 3].map((seed) => {
    const shard = [tensor("i8", [ROWS, COLUMNS], bits(seed, ROWS * COLUMNS))];
    return interpret(PROGRAM, { constants: CONSTANTS, shared, shard });
  });
  return makeClaim(PROGRAM, values, { from: FROM, shards: 9, ...options });
}

/** Changes one byte of one node of one shard, the tensor lengthened to `length` bytes first. */
export const flip =
  (shard: number, node: number, at: number, length?: number) =>
  (s: number, n: number, bytes: Uint8Array): Uint8Array => {
    if (s !== shard || n !== node) return bytes;
    const altered = new Uint8Array(length ?? bytes.length);
    altered.set(bytes);
    altered[at]! ^= 0x55;
    return altered;
  };
