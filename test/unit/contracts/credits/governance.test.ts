import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { encodeBytes32String } from "ethers";

import type { CreditsFixture } from "../../../support/credits-fixture.ts";
import { onFreshCredits, type OpenPosition } from "../../../support/fresh-credits.ts";
import { CU, DAY } from "../../../support/market-fixture.ts";

describe("ComputeCredits: governance", () => {
  let f: CreditsFixture;
  let holder: HardhatEthersSigner;
  let mint: OpenPosition;

  onFreshCredits((made, open) => {
    f = made;
    ({ holder } = made);
    mint = open;
  });

  it("moves each parameter by a quarter at most, a week apart, and no position with them", async () => {
    const id = await mint(CU);
    const before = await f.credits.position(id);
    for (const [setter, name] of [
      ["setFloor", "floor"],
      ["setCap", "cap"],
      ["setBootstrapCap", "bootstrapCap"],
      ["setMinDepth", "minDepth"],
    ] as const) {
      await f.time.increase(7 * DAY);
      const value = (await f.credits.parameters())[name];
      // Against the direction in which the first year lets three of them go further.
      const next = name === "floor" ? value + value / 4n : value - value / 4n;
      const beyond = name === "floor" ? next + 1n : next - 1n;
      await expect(f.credits[setter](beyond))
        .to.be.revertedWithCustomError(f.credits, "ChangeTooLarge")
        .withArgs(value, beyond);
      await expect(f.credits[setter](next))
        .to.emit(f.credits, "ParameterChanged")
        .withArgs(encodeBytes32String(name), next);
      await expect(f.credits[setter](next)).to.be.revertedWithCustomError(f.credits, "ChangeTooSoon");
      await expect(f.credits.connect(holder)[setter](next)).to.be.revertedWithCustomError(
        f.credits,
        "OwnableUnauthorizedAccount",
      );
    }
    expect(await f.credits.position(id)).to.deep.equal(before);
  });

  it("may raise both caps and lower the floor fourfold in the first year, and nothing else", async () => {
    const wide = [
      ["setFloor", "floor", (v: bigint) => v / 4n, (v: bigint) => v / 4n - 1n],
      ["setCap", "cap", (v: bigint) => 4n * v, (v: bigint) => 4n * v + 1n],
      ["setBootstrapCap", "bootstrapCap", (v: bigint) => 4n * v, (v: bigint) => 4n * v + 1n],
    ] as const;
    const tooLarge = (sending: Promise<unknown>) =>
      expect(sending).to.be.revertedWithCustomError(f.credits, "ChangeTooLarge");
    for (const [setter, name, furthest, beyond] of wide) {
      await f.time.increase(7 * DAY);
      const value = (await f.credits.parameters())[name];
      await tooLarge(f.credits[setter](beyond(value)));
      // The other way it is a quarter.
      const tightened = furthest(value) > value ? value - value / 4n - 1n : value + value / 4n + 1n;
      await tooLarge(f.credits[setter](tightened));
      await f.credits[setter](furthest(value));
      expect((await f.credits.parameters())[name]).to.equal(furthest(value));
      await expect(f.credits[setter](furthest(value))).to.be.revertedWithCustomError(f.credits, "ChangeTooSoon");
    }
    for (const value of [f.parameters.creditsMinDepth / 4n, 4n * f.parameters.creditsMinDepth]) {
      await tooLarge(f.credits.setMinDepth(value));
    }
    // To the second: the year ends.
    const end = await f.credits.FIRST_YEAR_END();
    const { cap } = await f.credits.parameters();
    await f.time.setNextBlockTimestamp(end);
    await tooLarge(f.credits.setCap(4n * cap));
    await f.credits.setCap(cap + cap / 4n);
  });

  it("announces the first values and who pauses", async () => {
    const events = await f.credits.queryFilter(f.credits.filters.ParameterChanged(), 0, "latest");
    expect(events.slice(0, 4).map(({ args }) => args.value)).to.deep.equal([
      f.parameters.creditsFloor,
      f.parameters.creditsCap,
      f.parameters.creditsBootstrapCap,
      f.parameters.creditsMinDepth,
    ]);
    await expect(f.credits.connect(holder).setPaused(true)).to.be.revertedWithCustomError(
      f.credits,
      "OwnableUnauthorizedAccount",
    );
    await expect(f.credits.setPaused(true)).to.emit(f.credits, "PausedSet").withArgs(true);
    expect(await f.credits.paused()).to.equal(true);
  });

  it("refuses a parameter of zero", async () => {
    for (const zero of [0, 1, 2, 3]) {
      const values = [1n, 1n, 1n, 1n].with(zero, 0n);
      await expect(
        f.ethers.deployContract("ComputeCredits", [f.orion, f.dex, f.owner, f.owner, ...values]),
      ).to.be.revertedWithCustomError(f.credits, "ZeroParameter");
    }
  });
});
