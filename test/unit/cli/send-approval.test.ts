import { expect } from "chai";

import type { SigningClient } from "../../../cli/core/client.ts";
import { sendApproval } from "../../../cli/core/tokens.ts";

const CALL = { to: "0x1", data: "0x", label: "approve CU" };
const HEAD = 10;

/** A client whose sender gives receipts of these blocks, one after the other, and the calls that it was asked to send. */
function clientOf(blocks: number[]): { client: SigningClient; sent: unknown[] } {
  const sent: unknown[] = [];
  const client = {
    chain: { provider: { getBlockNumber: async () => HEAD }, network: { rpcUrl: "" } },
    sender: {
      send: async (call: unknown) => {
        sent.push(call);
        return { blockNumber: blocks[sent.length - 1] };
      },
    },
  };
  return { client: client as unknown as SigningClient, sent };
}

describe("sendApproval", () => {
  it("sends an approval once where its receipt is of a new block", async () => {
    const { client, sent } = clientOf([HEAD + 1]);
    await sendApproval(client, CALL);
    expect(sent).to.deep.equal([CALL]);
  });

  it("sends it anew where it was given the receipt of an earlier one, which may be used up", async () => {
    for (const old of [HEAD, HEAD - 5]) {
      const { client, sent } = clientOf([old, HEAD + 1]);
      await sendApproval(client, CALL);
      expect(sent, String(old)).to.deep.equal([CALL, CALL]);
    }
  });
});
