import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import type { ComputedUnit } from "@orion/protocol/jobs";
import { tensor } from "@orion/protocol/tensor";

import { nodeSha256 } from "../../support/node-sha256.ts";
import { ClaimedOutputs } from "../../../worker/claimed-outputs.ts";

const [NEW, MIDDLE, OLD] = ["ab", "cd", "ef"].map((byte) => `0x${byte.repeat(32)}`) as [string, string, string];
const SHARDS = 4;
/** Bytes of a file of roots: one output a shard, and the checksum. */
const ROOT_BYTES = 32 * (SHARDS + 1);

describe("outputs of a worker's claims", () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "orion-outputs-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const unit = {
    shards: Array.from({ length: SHARDS }, (_, s) => ({
      outputRoots: [new Uint8Array(32).fill(s)],
      outputs: [tensor("i32", [2], new Int32Array([s, s]))],
    })),
  } as unknown as ComputedUnit;
  /** The outputs of all three claims. */
  const savedIn = async (maxFallenBytes?: number): Promise<ClaimedOutputs> => {
    const outputs = new ClaimedOutputs(dir, nodeSha256, maxFallenBytes);
    for (const key of [NEW, MIDDLE, OLD]) await outputs.save(key, unit);
    return outputs;
  };

  it("stay while the claim is open, and go with it", async () => {
    const outputs = await savedIn();
    await outputs.forgetExcept((key) => key === MIDDLE);
    expect(await readdir(dir)).to.deep.equal([MIDDLE]);
    expect((await outputs.shard(MIDDLE, 3, [8]))?.bytes).to.deep.equal([new Uint8Array([3, 0, 0, 0, 3, 0, 0, 0])]);
  });

  it("leave only their roots where the claim fell and is still wanted", async () => {
    const outputs = await savedIn();
    const before = await outputs.leaves(OLD, 1);
    await outputs.forgetExcept(() => false, [OLD]);
    expect(await readdir(dir)).to.deep.equal([OLD]);
    expect(await readdir(path.join(dir, OLD))).to.deep.equal(["roots"]);
    expect(await outputs.leaves(OLD, 1))
      .to.deep.equal(before)
      .and.have.length(SHARDS);
  });

  it("leave no more roots of fallen claims than fit, the most wanted first, and none fewer of open ones", async () => {
    const outputs = await savedIn(ROOT_BYTES);
    await outputs.forgetExcept((key) => key === MIDDLE, [NEW, MIDDLE, OLD]);
    expect((await readdir(dir)).sort()).to.deep.equal([NEW, MIDDLE].sort());
    expect(await readdir(path.join(dir, MIDDLE))).to.have.length(SHARDS + 1);
    await outputs.forgetExcept(() => false, [MIDDLE, NEW]);
    expect(await readdir(dir)).to.deep.equal([MIDDLE]);
  });
});
