import { expect } from "chai";
import { id } from "ethers";

import type { ChallengeContext, ClaimCheck } from "@orion/protocol/challenge";
import { silentLogger, systemClock, UnavailableError } from "@orion/protocol/common";

import { CheckedClaims, type Checked } from "../../../keepers/validator/checked-claims.ts";

const context = {
  clock: systemClock,
  log: silentLogger,
  follower: { time: 0 },
  sealSecret: id("secret"),
} as unknown as ChallengeContext;

describe("claims that a validator looks after", () => {
  /** Whether a claim still has its check after work that left it in `state`. */
  const keepsCheck = async (
    state: Checked["state"],
    work = (): Promise<void> => Promise.resolve(),
  ): Promise<boolean> => {
    const claims = new CheckedClaims(context);
    const checked = claims.of(id("claim"));
    checked.check = {} as unknown as ClaimCheck;
    void claims.start(checked, () => {
      checked.state = state;
      return work();
    });
    await claims.ended();
    expect(checked.busy).to.equal(false);
    return checked.check !== undefined;
  };

  it("decided-claims-memory: hold nothing of their job's content once they are decided", async () => {
    for (const state of ["right", "late", "given up"] as const) expect(await keepsCheck(state), state).to.equal(false);
  });

  it("keep what they are computed with until then, also after a failure", async () => {
    for (const state of ["ready", "wrong"] as const) {
      expect(await keepsCheck(state), state).to.equal(true);
      expect(await keepsCheck(state, () => Promise.reject(new UnavailableError("gone"))), state).to.equal(true);
    }
  });
});
