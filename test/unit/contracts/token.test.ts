import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { ORION, deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { signPermit } from "../../support/permit.ts";

describe("OrionToken", () => {
  let f: MarketFixture;

  before(async () => {
    f = await deployMarketFixture();
  });
  afterEach(() => f.reset());

  it("is minted once, a billion of 18 decimals, and has no other way to grow", async () => {
    const fresh = await f.ethers.deployContract("OrionToken", [f.owner]);
    expect(await fresh.totalSupply()).to.equal(1_000_000_000n * ORION);
    expect(await fresh.balanceOf(f.owner)).to.equal(1_000_000_000n * ORION);
    expect(await f.orion.decimals()).to.equal(18n);
    const functions = f.orion.interface.fragments.filter(({ type }) => type === "function");
    expect(functions.map((fragment) => fragment.format()).join()).to.not.match(/mint|issue/i);
  });

  it("burns for good, one's own or with allowance", async () => {
    const supply = await f.orion.totalSupply();
    await f.orion.burn(ORION);
    await f.orion.approve(f.stranger, 1n);
    await f.orion.connect(f.stranger).burnFrom(f.owner, 1n);
    expect(await f.orion.totalSupply()).to.equal(supply - ORION - 1n);
    await expect(f.orion.connect(f.stranger).burn(1n)).to.be.revertedWithCustomError(
      f.orion,
      "ERC20InsufficientBalance",
    );
  });

  it("permits once per signature", async () => {
    const { v, r, s } = await signPermit(f.orion, f.owner, f.stranger.address, 7n);
    await f.orion.permit(f.owner, f.stranger, 7n, MaxUint256, v, r, s);
    expect(await f.orion.allowance(f.owner, f.stranger)).to.equal(7n);
    await expect(f.orion.permit(f.owner, f.stranger, 7n, MaxUint256, v, r, s)).to.be.revertedWithCustomError(
      f.orion,
      "ERC2612InvalidSigner",
    );
  });

  it("counts votes by time, only delegated ones, and from the next second on", async () => {
    expect(await f.orion.CLOCK_MODE()).to.equal("mode=timestamp");
    expect(await f.orion.clock()).to.equal(BigInt(await f.time.latest()));
    await f.orion.transfer(f.stranger, 5n);
    expect(await f.orion.getVotes(f.stranger)).to.equal(0n);
    await f.orion.connect(f.stranger).delegate(f.stranger);
    const delegated = await f.time.latest();
    expect(await f.orion.getVotes(f.stranger)).to.equal(5n);
    await f.time.increase(10);
    expect(await f.orion.getPastVotes(f.stranger, delegated - 1)).to.equal(0n);
    expect(await f.orion.getPastVotes(f.stranger, delegated)).to.equal(5n);
    await expect(f.orion.getPastVotes(f.stranger, (await f.time.latest()) + 1)).to.be.revertedWithCustomError(
      f.orion,
      "ERC5805FutureLookup",
    );
  });
});
