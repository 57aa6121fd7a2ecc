import { expect } from "chai";
import { makeError } from "ethers";

import { contractInterface, reading, type Chain } from "@orion/protocol/chain";
import { RevertError, UnavailableError } from "@orion/protocol/common";

const chain = { network: { rpcUrl: "http://127.0.0.1:1" } } as Chain;

/** What comes of a read that a node refuses with this revert data. */
async function refused(data: string): Promise<unknown> {
  const info = { action: "call", data, reason: null, transaction: { to: null, data: "0x" } } as const;
  const error = makeError("execution reverted", "CALL_EXCEPTION", { ...info, invocation: null, revert: null });
  return reading(chain, () => Promise.reject(error)).catch((reason: unknown) => reason);
}

describe("reading from the chain", () => {
  it("takes a refusal with a reason of the contract's for one, and may not be tried again", async () => {
    const data = contractInterface("JobMarket").encodeErrorResult("UnknownJob", [`0x${"11".repeat(32)}`]);
    const error = await refused(data);
    expect(error).to.be.instanceOf(RevertError);
    expect((error as RevertError).revert).to.equal("UnknownJob");
  });

  it("takes one without a reason for a node that lags behind the deployment", async () => {
    const error = await refused("0x");
    expect(error).to.be.instanceOf(UnavailableError);
    expect((error as UnavailableError).retryable).to.equal(true);
  });
});
