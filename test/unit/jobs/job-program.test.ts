import { expect } from "chai";

import type { Terms } from "@orion/protocol/chain";
import { IntegrityError, InvalidInputError, toHex } from "@orion/protocol/common";
import { assembleProgram, MAX_SLOTS, requireJobProgram } from "@orion/protocol/jobs";
import { encodeProgram, ProgramError, type Tensor } from "@orion/protocol/tensor";

import { BATCH, tinyProgram } from "../../support/network/tiny-job.ts";

const loaded = tinyProgram();
const terms = {
  programRoot: toHex(loaded.root),
  workPerShard: loaded.facts.work,
  rows: BigInt(5 * BATCH),
  shards: 5,
} as unknown as Terms;
const check = (changed: Partial<Terms>): void => requireJobProgram(loaded, { ...terms, ...changed });

describe("requireJobProgram", () => {
  it("takes the program of the terms, and a last shard that is not full", () => {
    expect(() => check({})).to.not.throw();
    expect(() => check({ rows: terms.rows - 1n })).to.not.throw();
  });

  it("refuses another program, other work and another number of shards, and says both figures", () => {
    expect(() => check({ programRoot: `0x${"1".repeat(64)}` })).to.throw(IntegrityError, /another program/);
    expect(() => check({ workPerShard: terms.workPerShard + 1n })).to.throw(IntegrityError, /units of work per shard/);
    expect(() => check({ workPerShard: terms.workPerShard - 1n })).to.throw(IntegrityError, /units of work per shard/);
    for (const rows of [terms.rows + 1n, terms.rows - BigInt(BATCH), 2n ** 64n - 1n]) {
      expect(() => check({ rows }), String(rows)).to.throw(IntegrityError, /the terms state 5/);
    }
  });

  it("refuses a job whose roots alone would fill the memory", () => {
    const checkShards = (shards: number): void => check({ shards, rows: BigInt(shards) * BigInt(BATCH) });
    expect(() => checkShards(MAX_SLOTS)).to.not.throw();
    for (const shards of [MAX_SLOTS + 1, 2 ** 32 - 1]) {
      expect(() => checkShards(shards)).to.throw(InvalidInputError, /input tensors, the limit/);
    }
    // Eight MiB of roots: nine such jobs open at once are a small part of a process's memory.
    expect(32 * MAX_SLOTS).to.be.at.most(2 ** 23);
  });
});

describe("assembleProgram", () => {
  const bytes = encodeProgram(loaded.program);

  it("takes the weights that the nodes name, in node order", () => {
    expect(toHex(assembleProgram(bytes, loaded.constants).root)).to.equal(toHex(loaded.root));
  });

  it("refuses missing, exchanged and altered weights, and names the node", () => {
    const [first, ...rest] = loaded.constants as [Tensor, ...Tensor[]];
    expect(() => assembleProgram(bytes, rest)).to.throw(InvalidInputError, /4 constants, 3 were given/);
    expect(() => assembleProgram(bytes, [...rest, first])).to.throw(
      InvalidInputError,
      /constant 0 is not the tensor that node 1 names/,
    );
    const altered = { ...first, data: first.data.slice() };
    altered.data[0] = (altered.data[0] ?? 0) ^ 1;
    expect(() => assembleProgram(bytes, [altered, ...rest])).to.throw(InvalidInputError, /constant 0/);
  });

  it("refuses a truncated program", () => {
    expect(() => assembleProgram(bytes.slice(0, -1), loaded.constants)).to.throw(ProgramError);
  });
});
