import { expect } from "chai";
import { AbortedError, equalBytes } from "@orion/protocol/common";
import { createPause, hashTensor, nativeSha256 } from "@orion/protocol/kernels/node";
import { tensorLeaves, tensorRoot } from "@orion/protocol/tensor";

describe("hashTensor", () => {
  it("gives leaves and root of tensors of any length, the borders between its pieces included", async () => {
    const pause = createPause();
    for (const chunks of [1, 2, 3, 5, 1023, 1024, 1025, 2047, 2048, 2049, 3071, 4097]) {
      const bytes = Uint8Array.from({ length: chunks * 1024 - (chunks % 3) * 100 }, (_, i) => (i * 7 + (i >> 9)) & 255);
      const { leaves, root } = await hashTensor(bytes, nativeSha256, pause);
      expect(equalBytes(leaves, tensorLeaves(bytes, nativeSha256)), `leaves of ${chunks} chunks`).to.equal(true);
      expect(equalBytes(root, tensorRoot(bytes, nativeSha256)), `root of ${chunks} chunks`).to.equal(true);
    }
  });

  it("stops when it is told to", async () => {
    const failure: unknown = await hashTensor(
      new Uint8Array(1 << 20),
      nativeSha256,
      createPause(AbortSignal.abort()),
    ).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(AbortedError);
  });
});
