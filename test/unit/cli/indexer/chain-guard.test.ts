import { expect } from "chai";

import { silentLogger } from "@orion/protocol/common";

import { createChainGuard } from "../../../../cli/indexer/chain-guard.ts";

/** How often another chain was told of, where looks find these identities one after the other. */
async function told(found: readonly (string | undefined)[]): Promise<number> {
  const abort = new AbortController();
  const left = [...found];
  let looks = 0;
  let calls = 0;
  await createChainGuard({
    log: silentLogger,
    clock: {
      now: () => 0,
      sleep: () => {
        if (++looks === found.length) abort.abort();
        return Promise.resolve();
      },
    },
    identity: () => Promise.resolve(left.shift()),
    indexed: "own",
    onOther: () => calls++,
  }).run(abort.signal);
  return calls;
}

describe("the guard of an index's chain", () => {
  it("tells once of a chain that is another one look after look", async () => {
    expect(await told(["own", "other", "other", "other", "other", "other", "other", "other"])).to.equal(1);
  });

  it("takes a few answers of a wrong node, and none at all, for nothing", async () => {
    expect(await told(["other", "other", "own", "other", undefined, "other", undefined, "own", undefined])).to.equal(0);
  });
});
