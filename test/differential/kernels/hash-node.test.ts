import { expect } from "chai";
import fc from "fast-check";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { pureSha256, tensorRoot } from "@orion/protocol/tensor";
import { runs } from "../../fuzz/tensor/runs.ts";

describe("native SHA-256", () => {
  it("equals the plain JavaScript one for any message, and for views into larger buffers", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(50), (bytes, skip) => {
        const view = bytes.subarray(Math.min(skip, bytes.length));
        expect(nativeSha256.digest(view)).to.deep.equal(pureSha256.digest(view));
        if (view.length > 0) expect(tensorRoot(view, nativeSha256)).to.deep.equal(tensorRoot(view));
      }),
      { numRuns: runs(100) },
    );
  });

  it("pads a record that ends early with zeros, also after a full one", () => {
    const data = Uint8Array.from({ length: 150 }, (_, i) => 255 - i);
    const [native, pure] = [new Uint8Array(96), new Uint8Array(96)];
    nativeSha256.digestRecords(1, 64, data, native);
    pureSha256.digestRecords(1, 64, data, pure);
    expect(native).to.deep.equal(pure);
  });
});
