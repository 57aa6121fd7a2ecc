import { expect } from "chai";

import {
  buildFixedRootProof,
  buildStepProof,
  findDifference,
  findDivergence,
  toBytes,
  type Proof,
} from "@orion/protocol/tensor";

import { makeClaim, type ClaimFixture } from "../../support/claim-fixture.ts";
import { mutateProof } from "../../support/mutate-proof.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { isComputedOp } from "../../support/random-trace.ts";
import { aimed, rightClaim, spotsOf, stepProof, withAlteration } from "../../support/right-claim.ts";
import { deployVm, type Case, type VmFixture } from "../../support/vm-fixture.ts";
import { Random } from "../../unit/tensor/random.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const SEED = Number(process.env.VM_SEED ?? "1");
const seeds = (count: number): number[] => Array.from({ length: Math.ceil(count * FACTOR) }, (_, i) => SEED + i);

/** The first node of the first shard whose traces differ in two claims. */
function divergence(claimed: ClaimFixture, own: ClaimFixture): { shard: number; node: number } | undefined {
  const { facts, program } = own;
  const rootsOf = (claim: ClaimFixture, shard: number): Uint8Array =>
    new Uint8Array(program.nodes.flatMap((_, node) => [...claim.trace(shard).nodeRoot(node)]));
  for (let shard = facts.from; shard < facts.to; shard++) {
    const node = findDivergence(rootsOf(claimed, shard), rootsOf(own, shard));
    if (node !== undefined) return { shard, node };
  }
  return undefined;
}

/** Puts cases before the judge a few programs at a time, so that thousands of them never stand in memory together. */
async function judged(fixture: VmFixture, pending: Case[]): Promise<string[]> {
  const verdicts = await fixture.judgeAll(pending);
  return verdicts.map((verdict) => (verdict.wrong ? `wrong: ${verdict.claimed} for ${verdict.actual}` : verdict.error));
}

describe("claims before TensorVM", () => {
  let fixture: VmFixture;
  before(async () => {
    fixture = await deployVm();
  });

  it("a right claim cannot be disproved at any element", async function () {
    this.timeout(0);
    for (const seed of seeds(25)) {
      const claim = rightClaim(seed, { length: 4 });
      const cases = spotsOf(claim).map((spot) => ({
        facts: claim.facts,
        ...aimed(claim, spot.shard, stepProof(claim, spot)),
      }));
      expect(new Set(await judged(fixture, cases)), `seed ${seed}`).to.deep.equal(new Set(["NotWrong"]));
    }
  });

  it("a right claim cannot be disproved by a proof that was tampered with", async function () {
    this.timeout(0);
    const reasons = new Set<string>();
    for (const seed of seeds(25)) {
      const r = new Random(seed);
      const claim = rightClaim(seed, { length: 4 });
      const spots = spotsOf(claim);
      const cases = Array.from({ length: 40 }, (): Case => {
        const spot = r.pick(spots);
        const { proof } = stepProof(claim, spot);
        if (r.chance(0.9)) return { facts: claim.facts, ...aimed(claim, spot.shard, mutateProof(proof, r)) };
        // The same proof for another shard, or under another root.
        const about = aimed(claim, spot.shard, { kind: "step", proof } as const);
        const { from, to, outputsRoot } = claim.facts;
        const change = r.pick([
          { shard: spot.shard + 1 },
          { shard: from - 1 },
          { shard: to },
          { shardRoot: outputsRoot },
        ]);
        return { facts: claim.facts, ...about, ...change, shard: Math.max(0, change.shard ?? spot.shard) };
      });
      for (const reason of await judged(fixture, cases)) {
        expect(reason, `seed ${seed}`).to.match(/^(NotWrong|BadProof\(\w+\)|revert without data|Panic\(\d+\))$/);
        reasons.add(reason);
      }
    }
    const faults = [
      "Encoding",
      "Header",
      "Descriptor",
      "Node",
      "Shard",
      "Position",
      "Chunks",
      "Path",
      "Root",
      "Operands",
    ];
    expect([...reasons]).to.include.members(faults.map((fault) => `BadProof(${fault})`));
  });

  it("one altered value of a trace is found and proved, whatever was computed from it", async function () {
    this.timeout(0);
    const cases: Case[] = [];
    const expected: string[] = [];
    for (const seed of seeds(150)) {
      const r = new Random(seed);
      const right = rightClaim(seed);
      const { program, facts } = right;
      const computed = [...program.nodes.keys()].filter((node) => isComputedOp(program.nodes[node]!.op));
      const [shard, node] = [r.between(0, 1), r.pick(computed)];
      const values = right.tensors[shard]!;
      const element = r.between(0, values[node]!.data.length - 1);
      const truth = values[node]!.data[element]!;
      let value = truth;
      while (value === truth) value = r.value(program.nodes[node]!.dtype);
      const lie = withAlteration(program, values, { node, element, value }, r.chance(0.5));
      const tensors = right.tensors.map((of, at) => (at === shard ? lie : of));
      const wrong = makeClaim(program, tensors, { from: facts.from, shards: facts.shards });

      expect(divergence(wrong, right), `seed ${seed}`).to.deep.equal({ shard: facts.from + shard, node });
      const difference = findDifference(program.nodes[node]!, toBytes(lie[node]!), toBytes(values[node]!));
      expect(difference).to.deep.equal({ kind: "element", element });
      const proof = buildStepProof(wrong.source(facts.from + shard), { node, element }, nodeSha256);
      cases.push({ facts: wrong.facts, ...aimed(wrong, facts.from + shard, { kind: "step", proof }) });
      expected.push(`wrong: ${value} for ${truth}`);
    }
    expect(await judged(fixture, cases)).to.deep.equal(expected);
  });

  it("an altered input or constant is proved by the root that job or program fix", async function () {
    this.timeout(0);
    const cases: Case[] = [];
    for (const seed of seeds(60)) {
      const r = new Random(seed);
      const { program, tensors, facts } = rightClaim(seed);
      const given = [...program.nodes.keys()].filter((node) => !isComputedOp(program.nodes[node]!.op));
      const [shard, node] = [r.between(0, 1), r.pick(given)];
      const alter = (s: number, n: number, bytes: Uint8Array): Uint8Array => {
        if (s === shard && n === node) bytes = bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
        return bytes;
      };
      for (const lie of [true, false]) {
        const claim = makeClaim(program, tensors, {
          from: facts.from,
          shards: facts.shards,
          ...(lie ? { alter } : {}),
        });
        const built = buildFixedRootProof(claim.source(facts.from + shard), node, nodeSha256);
        const proof: Proof = { kind: "fixedRoot", proof: built };
        cases.push({ facts: claim.facts, ...aimed(claim, facts.from + shard, proof) });
      }
    }
    const verdicts = await fixture.judgeAll(cases);
    for (const [at, verdict] of verdicts.entries()) {
      expect(verdict.wrong ? "wrong" : verdict.error).to.equal(at % 2 === 0 ? "wrong" : "NotWrong");
    }
  });
});
