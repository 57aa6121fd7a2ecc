import { expect } from "chai";

import { chunkPlace, nodePlace } from "@orion/protocol/disputes";

import {
  deployDisputes,
  LARGE_CHUNKS,
  NODE,
  smallClaim,
  STANDARD,
  type DisputeFixture,
} from "../../../support/dispute-fixture.ts";

const levels = (count: number): number => Math.ceil(Math.log2(count));

/**
 * Seconds after the end of its window by which a claim has settled or fallen, if its worker and an adversary both take all the time that they have:
 * the answers of the outputs tree, the queue and the trace, the hashes of the trace, the queue and the chunk.
 */
function latestSettlement(
  { C, T, Q, t }: { C: number; T: number; Q: number; t: number },
  { shards, nodes, chunks }: { shards: number; nodes: number; chunks: number },
): number {
  const outputs = Math.ceil(levels(shards) / 7);
  const hashes = Math.ceil(Math.max(levels(nodes) - 7, 0) / 7) + Math.ceil(levels(chunks) / 7);
  return outputs * (C + T) + (Q + t + C + T) + hashes * (C + T) + (Q + t + C + T);
}

describe("The latest settlement of a claim", () => {
  let f: DisputeFixture;

  before(async () => {
    f = await deployDisputes();
  });

  it("is reached by demands in the last second and answers in the last second, and not exceeded", async () => {
    const claim = await f.record(smallClaim());
    const { answerPeriod: C, descendPeriod: T } = f.profile;
    const t = Number(await f.disputes.traceTime(STANDARD, 3));
    // Nothing else waits in this worker's queue.
    const bound = latestSettlement({ C, T, Q: 0, t }, { shards: 3, nodes: 5, chunks: LARGE_CHUNKS });
    let time = claim.facts.windowEnd;
    const step = async (
      demand: () => Promise<unknown>,
      wait: number,
      answer: () => Promise<unknown>,
    ): Promise<void> => {
      await f.at(time);
      await demand();
      await f.at(time + wait);
      await answer();
      time += wait + T;
    };
    const top = nodePlace(claim.shape, 1, NODE.roots);
    const inner = top * 2 ** 7 + 3;
    const chunk = chunkPlace(claim.shape, 1, NODE.roots, 6);
    await step(
      () => f.demand(claim, "outputs", 1),
      C,
      () => f.respond(claim, "outputs", 1),
    );
    await step(
      () => f.demandTrace(claim, 1),
      t + C,
      () => f.respondTrace(claim, 1),
    );
    await step(
      () => f.demand(claim, "trace", top),
      C,
      () => f.respond(claim, "trace", top),
    );
    await step(
      () => f.demand(claim, "trace", inner, { levels: 7 }),
      C,
      () => f.respond(claim, "trace", inner),
    );
    await step(
      () => f.demand(claim, "trace", chunk, { levels: 1 }),
      t + C,
      () => f.respond(claim, "trace", chunk),
    );
    expect(time - claim.facts.windowEnd).to.equal(bound);
    const close = () => f.disputes.connect(f.market).closeClaim.staticCall(claim.key, f.worker);
    await f.time.increaseTo(time);
    expect(await close()).to.equal(`0x${"00".repeat(32)}`);
    await f.time.increaseTo(time + 1);
    expect(await close()).to.not.equal(`0x${"00".repeat(32)}`);
  });
});
