import { expect } from "chai";

import { RevertError, systemClock, UnavailableError } from "@orion/protocol/common";

import { createDefender } from "../../../worker/defence/defender.ts";
import { recordingLogger } from "../../support/network/in-process.ts";

type Arguments = Parameters<typeof createDefender>;

describe("the defence", () => {
  it("goes on after whatever error, and says it", async () => {
    const errors = [
      new TypeError("Cannot read properties of null"),
      new RevertError("InsufficientFunds", [], {}),
      new UnavailableError("the chain does not answer"),
      "no error at all",
    ];
    const log = recordingLogger();
    const stop = new AbortController();
    let ticks = 0;
    const context = {
      log,
      clock: { ...systemClock, sleep: () => Promise.resolve() },
      chain: { network: { addresses: {} } },
      sender: { address: "0x", lastBlock: 0 },
      follower: {
        sync: () => {
          const error: unknown = errors[ticks++];
          if (ticks > errors.length) stop.abort();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- anything may be thrown
          return Promise.reject(error);
        },
      },
    };
    await createDefender(context as unknown as Arguments[0], {} as Arguments[1]).run(stop.signal);
    expect(ticks).to.equal(errors.length + 1);
    const said = log.lines.map(({ message }) => message).join("\n");
    expect(said)
      .to.match(/the defence failed, and tries again: Cannot read/)
      .and.to.include("no error at all");
  });
});
