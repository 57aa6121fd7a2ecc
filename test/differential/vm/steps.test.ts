import { expect } from "chai";

import { buildStepProof, elementCount, evaluateElement, FORMAT, type StepProof } from "@orion/protocol/tensor";

import { makeClaim } from "../../support/claim-fixture.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { COMPUTED_OPS, isComputedOp, randomTrace } from "../../support/random-trace.ts";
import { aimed } from "../../support/right-claim.ts";
import { deployVm, type Case, type Verdict, type VmFixture } from "../../support/vm-fixture.ts";
import { Random } from "../../unit/tensor/random.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
/** Steps of the normal run; the nightly one multiplies them. */
const STEPS = Math.ceil(Number(process.env.VM_STEPS ?? "2500") * FACTOR);
const SEED = Number(process.env.VM_SEED ?? "1");
const PER_NODE = 4;
const FLUSH = 120;

interface Expected {
  readonly name: string;
  readonly op: string;
  readonly shape: string;
  readonly claimed: number;
  readonly actual: number;
}

/** What the judge must say of a step, given what claim and reference hold; anything else is a difference. */
function differs(verdict: Verdict, { claimed, actual }: Expected): string | undefined {
  if (!verdict.wrong) {
    return verdict.error === "NotWrong" && claimed === actual ? undefined : `judged ${verdict.error}`;
  }
  const same = verdict.claimed === BigInt(claimed) && verdict.actual === BigInt(actual);
  return same ? undefined : `judged ${verdict.claimed} against ${verdict.actual}`;
}

const SHAPES = ["none", "one chunk each", "several chunks", "rows apart", "rows apart and joined"] as const;

/** How the openings of a proof lie, to see that every way was met. */
function shapeOf(operands: number, { operands: openings }: StepProof): (typeof SHAPES)[number] {
  if (openings.length === 0) return "none";
  const joined = openings.some(({ chunks }) => chunks.length > FORMAT.leafBytes);
  if (openings.length > operands) return joined ? "rows apart and joined" : "rows apart";
  return joined ? "several chunks" : "one chunk each";
}

/** Random elements of every computed node of one random claim, with proofs. */
function stepsOf(seed: number): { cases: Case[]; expected: Expected[] } {
  const r = new Random(seed ^ 0x5eed);
  const op = COMPUTED_OPS[seed % COMPUTED_OPS.length]!;
  const { program, tensors } = randomTrace(seed, op, r.between(1, 4));
  const from = r.between(0, 5);
  const position = r.between(0, 2);
  const claim = makeClaim(
    program,
    Array.from({ length: position + 1 }, () => tensors),
    {
      from,
      strangers: r.between(0, 3),
    },
  );
  const cases: Case[] = [];
  const expected: Expected[] = [];
  for (const [index, node] of program.nodes.entries()) {
    if (!isComputedOp(node.op)) continue;
    const size = elementCount(node.dims);
    for (let sample = 0; sample < Math.min(PER_NODE, size); sample++) {
      const element = r.chance(0.2) ? size - 1 : r.between(0, size - 1);
      const shard = from + position;
      const proof = buildStepProof(claim.source(shard), { node: index, element }, nodeSha256);
      cases.push({ facts: claim.facts, ...aimed(claim, shard, { kind: "step", proof }) });
      const actual = evaluateElement(program, index, tensors, element);
      const claimed = tensors[index]!.data[element]!;
      const name = `seed ${seed} node ${index} ${node.op} element ${element}`;
      expected.push({ name, op: node.op, claimed, actual, shape: shapeOf(node.operands.length, proof) });
    }
  }
  return { cases, expected };
}

describe("TensorVM against the reference interpreter", () => {
  let fixture: VmFixture;
  before(async () => {
    fixture = await deployVm();
  });

  it(`judges random steps of every operator as the reference computes them`, async function () {
    this.timeout(0);
    const differences: string[] = [];
    const ops = new Set<string>();
    const shapes = new Set<string>();
    const started = Date.now();
    let steps = 0;
    for (let seed = SEED; steps < STEPS;) {
      const cases: Case[] = [];
      const expected: Expected[] = [];
      for (; cases.length < FLUSH; seed++) {
        const next = stepsOf(seed);
        cases.push(...next.cases);
        expected.push(...next.expected);
      }
      const verdicts = await fixture.judgeAll(cases);
      for (const [at, step] of expected.entries()) {
        const difference = differs(verdicts[at]!, step);
        if (difference !== undefined) differences.push(`${step.name}: reference ${step.actual}, ${difference}`);
        ops.add(step.op);
        shapes.add(step.shape);
      }
      steps += cases.length;
      if (process.env.VM_PROGRESS !== undefined) {
        console.log(`${steps} steps, next seed ${seed}, ${differences.length} differences, ${Date.now() - started} ms`);
      }
      expect(differences.slice(0, 5)).to.deep.equal([]);
    }
    expect([...ops].sort(), "operators that were judged").to.deep.equal([...COMPUTED_OPS].sort());
    expect([...shapes].sort(), "openings that were met").to.deep.equal([...SHAPES].sort());
  });
});
