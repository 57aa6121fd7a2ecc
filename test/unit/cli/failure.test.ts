import { expect } from "chai";

import { AbortedError, SentAbortedError, TransactionUnknownError } from "@orion/protocol/common";

import type { SigningClient } from "../../../cli/core/client.ts";
import { exitCodeOf, printFailure } from "../../../cli/core/failure.ts";
import { Secrets } from "../../../cli/core/secrets.ts";
import { createTerminal } from "../../../cli/core/terminal.ts";
import { sendPost } from "../../../cli/job/send-post.ts";

const HASHES = ["0x01", "0x02"];
const SENT = new SentAbortedError("stopped", { hashes: HASHES, nonce: 7 }, { hint: "it was sent as 0x02" });
const UNKNOWN = new TransactionUnknownError("no answer", { hashes: HASHES, nonce: 7 });
const CALL = { to: "0x", data: "0x", label: "post job" };

function printed(error: unknown, json: boolean): string {
  let err = "";
  const stderr = { write: (text: string) => (err += text) };
  printFailure(createTerminal({ json, stdout: stderr, stderr, secrets: new Secrets() }), error, false);
  return err;
}

describe("a command that is stopped", () => {
  it("ends with 3 once a transaction was sent, with 1 before", () => {
    expect(exitCodeOf(new AbortedError("stopped"))).to.equal(1);
    expect(exitCodeOf(SENT)).to.equal(3);
    expect(exitCodeOf(UNKNOWN)).to.equal(3);
  });

  it("names the transaction", () => {
    expect(printed(SENT, false)).to.equal("unknown outcome: stopped\nhint: it was sent as 0x02\n");
    expect(JSON.parse(printed(SENT, true))).to.deep.equal({
      error: {
        ...{ code: "ABORTED", message: "stopped", hint: "it was sent as 0x02" },
        transaction: { hash: "0x02", hashes: HASHES, nonce: 7 },
      },
    });
  });

  it("names the job that the transaction posts, and only then", async () => {
    const failing = (error: Error): SigningClient =>
      ({ sender: { send: () => Promise.reject(error) } }) as unknown as SigningClient;
    for (const [error, kind] of [
      [SENT, SentAbortedError],
      [UNKNOWN, TransactionUnknownError],
    ] as const) {
      const thrown: unknown = await sendPost(failing(error), "0xabc", CALL).catch((thrown: unknown) => thrown);
      expect(thrown).to.be.instanceOf(kind);
      expect(thrown).to.deep.include({ hash: "0x02", hashes: HASHES, nonce: 7, cause: error });
      expect((thrown as Error).message).to.equal(`${error.message}; it posts job 0xabc`);
      expect((thrown as SentAbortedError).hint).to.include("`orion job status 0xabc`");
    }
    const unsent = new AbortedError("stopped");
    expect(await sendPost(failing(unsent), "0xabc", CALL).catch((thrown: unknown) => thrown)).to.equal(unsent);
  });
});
