import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { NEVER, deployDexFixture, poolId, type DexFixture, type Key } from "../../../support/dex-fixture.ts";
import { signPermit } from "../../../support/permit.ts";

const R0 = 1_000_000n;
const R1 = 4_000_000n;

describe("DePinDex swaps", () => {
  let f: DexFixture;
  let ab: Key;
  let bc: Key;
  let [a, b, c] = ["", "", ""];

  before(async () => {
    f = await deployDexFixture();
    [a, b, c] = [await f.tokens[0].getAddress(), await f.tokens[1].getAddress(), await f.tokens[2].getAddress()];
    ab = await f.key(f.tokens[0], f.tokens[1]);
    bc = await f.key(f.tokens[1], f.tokens[2], 100n);
    await f.add(ab, R0, R1);
    await f.add(bc, R0, R1);
  });
  let restore: () => Promise<void>;
  beforeEach(async () => {
    const snapshot = await f.helpers.takeSnapshot();
    restore = () => snapshot.restore();
  });
  afterEach(() => restore());

  const direct = (): { tokenOut: string; fee: bigint }[] => [{ tokenOut: b, fee: 30n }];
  const exactIn = (change: object = {}): Parameters<DexFixture["dex"]["swapExactIn"]>[0] => ({
    ...{ tokenIn: a, hops: direct(), amountIn: 10_000n, minOut: 0n, to: f.stranger, deadline: NEVER },
    ...change,
  });
  const exactOut = (change: object = {}): Parameters<DexFixture["dex"]["swapExactOut"]>[0] => ({
    ...{ tokenIn: a, hops: direct(), amountOut: 10_000n, maxIn: MaxUint256, to: f.stranger, deadline: NEVER },
    ...change,
  });
  const sell = (change: object = {}): ReturnType<DexFixture["dex"]["swapExactIn"]> =>
    f.dex.connect(f.trader).swapExactIn(exactIn(change));
  const buy = (change: object = {}): ReturnType<DexFixture["dex"]["swapExactOut"]> =>
    f.dex.connect(f.trader).swapExactOut(exactOut(change));

  // 10,000 less 0.3% against 1,000,000 : 4,000,000.
  const OUT = (9970n * R1) / (R0 + 9970n);

  it("of an exact input give what the product leaves, rounded down, and say so", async () => {
    const swap = await sell({ minOut: OUT });
    await expect(swap).to.changeTokenBalance(f.ethers, f.tokens[0], f.trader, -10_000n);
    await expect(swap).to.changeTokenBalance(f.ethers, f.tokens[1], f.stranger, OUT);
    await expect(swap)
      .to.emit(f.dex, "Swap")
      .withArgs(poolId(ab), f.trader.address, f.stranger.address, 10_000n, -OUT, R0 + 10_000n, R1 - OUT, 0n);
    expect((await f.dex.reservesOf(poolId(ab))).slice(0, 2)).to.deep.equal([R0 + 10_000n, R1 - OUT]);
  });

  it("go in both directions", async () => {
    const out = (9970n * R0) / (R1 + 9970n);
    const swap = await sell({ tokenIn: b, hops: [{ tokenOut: a, fee: 30n }] });
    await expect(swap).to.changeTokenBalance(f.ethers, f.tokens[0], f.stranger, out);
    await expect(swap)
      .to.emit(f.dex, "Swap")
      .withArgs(poolId(ab), f.trader.address, f.stranger.address, -out, 10_000n, R0 - out, R1 + 10_000n, 0n);
  });

  it("for an exact output take the least input that gives it", async () => {
    const quoted = await f.dex.quoteExactOut(a, direct(), 10_000n);
    expect(await f.dex.quoteExactIn(a, direct(), quoted)).to.be.at.least(10_000n);
    expect(await f.dex.quoteExactIn(a, direct(), quoted - 1n)).to.be.below(10_000n);
    const swap = await buy({ maxIn: quoted });
    await expect(swap).to.changeTokenBalance(f.ethers, f.tokens[0], f.trader, -quoted);
    await expect(swap).to.changeTokenBalance(f.ethers, f.tokens[1], f.stranger, 10_000n);
  });

  it("over two pools move only the first and the last token, as quoted", async () => {
    const hops = [...direct(), { tokenOut: c, fee: 100n }];
    const out = await f.dex.quoteExactIn(a, hops, 10_000n);
    const there = await sell({ hops, minOut: out });
    await expect(there).to.changeTokenBalances(f.ethers, f.tokens[1], [f.trader, f.stranger, f.dex], [0n, 0n, 0n]);
    await expect(there).to.changeTokenBalance(f.ethers, f.tokens[2], f.stranger, out);
    const cost = await f.dex.quoteExactOut(a, hops, 5_000n);
    await expect(buy({ hops, amountOut: 5_000n, maxIn: cost })).to.changeTokenBalances(
      f.ethers,
      f.tokens[0],
      [f.trader, f.dex],
      [-cost, cost],
    );
  });

  it("through the same pool twice are quoted exactly and lose to the fee", async () => {
    const hops = [...direct(), { tokenOut: a, fee: 30n }];
    const out = await f.dex.quoteExactIn(a, hops, 10_000n);
    expect(out).to.be.below(10_000n - 50n);
    await expect(sell({ hops, minOut: out, to: f.trader })).to.changeTokenBalance(
      f.ethers,
      f.tokens[0],
      f.trader,
      out - 10_000n,
    );
    const cost = await f.dex.quoteExactOut(a, hops, 5_000n);
    await expect(buy({ hops, amountOut: 5_000n, to: f.trader })).to.changeTokenBalance(
      f.ethers,
      f.tokens[0],
      f.trader,
      5_000n - cost,
    );
  });

  it("through one pool directly are those of a route of one pool, for less gas", async () => {
    for (const [tokenIn, tokenOut] of [
      [a, b],
      [b, a],
    ] as const) {
      const hops = [{ tokenOut, fee: 30n }];
      const direct = { to: f.stranger, deadline: NEVER, tokenIn, tokenOut, fee: 30n };
      const dex = f.dex.connect(f.trader);
      const both = async (...swaps: (() => ReturnType<typeof sell>)[]): Promise<void> => {
        const seen = [];
        for (const swap of swaps) {
          const start = await f.helpers.takeSnapshot();
          const receipt = await (await swap()).wait();
          const moves = receipt?.logs.map(({ address, topics, data }) => ({ address, topics: [...topics], data }));
          seen.push({
            moves,
            gas: receipt?.gasUsed ?? 0n,
            left: await f.dex.reservesOf(poolId(ab)).then((r) => r.slice(0, 2)),
          });
          await start.restore();
        }
        const [plain, route] = seen;
        expect(plain?.moves).to.have.length(3);
        expect([plain?.moves, plain?.left]).to.deep.equal([route?.moves, route?.left]);
        expect(plain?.gas).to.be.below(route?.gas ?? 0n);
      };
      await both(
        () => dex.swapDirectExactIn({ ...direct, amount: 10_000n, limit: 1n }),
        () => sell({ tokenIn, hops }),
      );
      await both(
        () => dex.swapDirectExactOut({ ...direct, amount: 10_000n, limit: MaxUint256 }),
        () => buy({ tokenIn, hops }),
      );
    }
  });

  it("with a permit need no approval, and pass over a permit that somebody used before", async () => {
    const [token] = f.tokens;
    await token.connect(f.trader).approve(f.dex, 0n);
    const { v, r, s } = await signPermit(token, f.trader, await f.dex.getAddress(), 50_000n);
    const permit = { value: 50_000n, deadline: MaxUint256, v, r, s };
    await token.permit(f.trader, f.dex, 50_000n, MaxUint256, v, r, s);
    await f.dex.connect(f.trader).swapExactInWithPermit(exactIn(), permit);
    await f.dex.connect(f.trader).swapExactOutWithPermit(exactOut(), permit);
    await token.connect(f.trader).approve(f.dex, 0n);
    const next = await signPermit(token, f.trader, await f.dex.getAddress(), 10_000n);
    await f.dex
      .connect(f.trader)
      .swapExactInWithPermit(exactIn(), { ...permit, value: 10_000n, v: next.v, r: next.r, s: next.s });
  });

  describe("revert", () => {
    const refuses = (swap: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
      expect(swap)
        .to.be.revertedWithCustomError(f.dex, error)
        .withArgs(...args);

    it("when there is less than the least output, or more than the most input", async () => {
      const quoted = await f.dex.quoteExactOut(a, direct(), 10_000n);
      await refuses(sell({ minOut: OUT + 1n }), "TooLittle", OUT, OUT + 1n);
      await refuses(buy({ maxIn: quoted - 1n }), "TooMuch", quoted, quoted - 1n);
    });
    it("through one pool directly for the same reasons", async () => {
      const deadline = await f.helpers.time.latest();
      const quoted = await f.dex.quoteExactOut(a, direct(), 10_000n);
      const common = { amount: 10_000n, to: f.stranger, deadline: NEVER, tokenIn: a, tokenOut: b, fee: 30n };
      const dex = f.dex.connect(f.trader);
      const selling = (change: object): Promise<unknown> => dex.swapDirectExactIn({ ...common, limit: 0n, ...change });
      const buying = (change: object): Promise<unknown> =>
        dex.swapDirectExactOut({ ...common, limit: MaxUint256, ...change });
      await refuses(selling({ limit: OUT + 1n }), "TooLittle", OUT, OUT + 1n);
      await refuses(buying({ limit: quoted - 1n }), "TooMuch", quoted, quoted - 1n);
      for (const swap of [selling, buying]) {
        await refuses(swap({ deadline }), "Expired", deadline);
        await refuses(swap({ to: ZeroAddress }), "InvalidRecipient", ZeroAddress);
        await refuses(swap({ to: f.dex }), "InvalidRecipient", await f.dex.getAddress());
        await refuses(swap({ amount: 0n }), "ZeroAmount");
        await refuses(swap({ fee: 5n }), "UnknownPool", a, b, 5n);
        await refuses(swap({ tokenOut: a }), "UnknownPool", a, a, 30n);
      }
      await refuses(selling({ amount: 2n ** 102n }), "AmountTooLarge", 2n ** 102n);
      await refuses(buying({ amount: R1 }), "ReserveTooSmall", R1, R1);
    });
    it("where a word of a direct swap is wider than its type", async () => {
      const common = { amount: 10_000n, limit: 0n, to: f.stranger.address, deadline: NEVER };
      const data = f.dex.interface.encodeFunctionData("swapDirectExactIn", [
        { ...common, tokenIn: a, tokenOut: b, fee: 30n },
      ]);
      const call = (changed: string): Promise<string> =>
        f.ethers.provider.call({ from: f.trader.address, to: f.dex.target, data: changed });
      await call(data);
      // The third, fifth, sixth and seventh word each get a bit above their type's.
      for (const [word, byte] of [
        [2, 11],
        [4, 11],
        [5, 0],
        [6, 29],
      ] as const) {
        const at = 10 + 64 * word + 2 * byte;
        await expect(call(`${data.slice(0, at)}01${data.slice(at + 2)}`)).to.revert(f.ethers);
      }
    });
    it("after their deadline", async () => {
      const deadline = await f.helpers.time.latest();
      await refuses(sell({ deadline }), "Expired", deadline);
      await refuses(buy({ deadline }), "Expired", deadline);
    });
    it("in favour of nobody or of the exchange itself", async () => {
      await refuses(sell({ to: ZeroAddress }), "InvalidRecipient", ZeroAddress);
      await refuses(buy({ to: f.dex }), "InvalidRecipient", await f.dex.getAddress());
    });
    it("without a route", async () => {
      await refuses(sell({ hops: [] }), "EmptyRoute");
      await refuses(buy({ hops: [] }), "EmptyRoute");
      await refuses(f.dex.quoteExactIn(a, [], 1n), "EmptyRoute");
      await refuses(f.dex.quoteExactOut(a, [], 1n), "EmptyRoute");
    });
    it("of nothing or for nothing", async () => {
      await refuses(sell({ amountIn: 0n }), "ZeroAmount");
      await refuses(buy({ amountOut: 0n }), "ZeroAmount");
      await refuses(sell({ tokenIn: b, hops: [{ tokenOut: a, fee: 30n }], amountIn: 1n }), "ZeroAmount");
      await refuses(f.dex.quoteExactIn(a, direct(), 0n), "ZeroAmount");
      await refuses(f.dex.quoteExactIn(b, [{ tokenOut: a, fee: 30n }], 1n), "ZeroAmount");
      await refuses(f.dex.quoteExactOut(a, direct(), 0n), "ZeroAmount");
    });
    it("without a pool, between a token and itself too", async () => {
      await refuses(sell({ hops: [{ tokenOut: b, fee: 5n }] }), "UnknownPool", a, b, 5n);
      await refuses(sell({ hops: [{ tokenOut: a, fee: 30n }] }), "UnknownPool", a, a, 30n);
      await refuses(buy({ hops: [{ tokenOut: c, fee: 30n }] }), "UnknownPool", a, c, 30n);
      await refuses(f.dex.quoteExactIn(a, [{ tokenOut: c, fee: 30n }], 1n), "UnknownPool", a, c, 30n);
    });
    it("for a whole reserve or more", async () => {
      await refuses(buy({ amountOut: R1 }), "ReserveTooSmall", R1, R1);
    });
    it("where an amount or a reserve does not fit its slot", async () => {
      const most = 2n ** 102n;
      await refuses(sell({ amountIn: most }), "AmountTooLarge", most);
      await refuses(sell({ amountIn: most - R0 }), "AmountTooLarge", most);
      await f.add(await f.key(f.tokens[0], f.tokens[2]), most - 1n, 2n);
      const cost = sellAll(most - 1n);
      await refuses(buy({ hops: [{ tokenOut: c, fee: 30n }], amountOut: 1n }), "AmountTooLarge", cost);
    });
    const sellAll = (reserve: bigint): bigint => (reserve * 10_000n + 9_969n) / 9_970n;
  });

  describe("and the protocol's part of the fee", () => {
    it("is one in six at most, and the owner's alone to set", async () => {
      await expect(f.dex.setProtocolPart(poolId(ab), 5))
        .to.be.revertedWithCustomError(f.dex, "InvalidPart")
        .withArgs(5);
      await expect(f.dex.setProtocolPart(1n, 6)).to.be.revertedWithCustomError(f.dex, "UnknownId").withArgs(1n);
      await expect(f.dex.connect(f.trader).setProtocolPart(poolId(ab), 6)).to.be.revertedWithCustomError(
        f.dex,
        "OwnableUnauthorizedAccount",
      );
      await expect(f.dex.setProtocolPart(poolId(ab), 6))
        .to.emit(f.dex, "ProtocolPartSet")
        .withArgs(poolId(ab), 6);
      expect((await f.dex.trackOf(poolId(ab))).protocolPart).to.equal(6n);
    });

    it("is nothing at first; set, it leaves the price alone and waits outside the reserves for the owner", async () => {
      await sell();
      expect(await f.dex.protocolFees(a)).to.equal(0n);
      await f.dex.setProtocolPart(poolId(ab), 6);
      const before = await f.dex.reservesOf(poolId(ab));
      const out = await f.dex.quoteExactIn(a, direct(), 100_000n);
      await sell({ amountIn: 100_000n, minOut: out });
      expect(await f.dex.protocolFees(a)).to.equal(50n);
      expect((await f.dex.reservesOf(poolId(ab))).reserve0).to.equal(before.reserve0 + 99_950n);
      const cost = await f.dex.quoteExactOut(a, [...direct(), { tokenOut: a, fee: 30n }], 5_000n);
      await buy({ hops: [...direct(), { tokenOut: a, fee: 30n }], amountOut: 5_000n, maxIn: cost });
      const waiting = await f.dex.protocolFees(a);
      await expect(f.dex.collectProtocolFees(a, f.stranger)).to.changeTokenBalances(
        f.ethers,
        f.tokens[0],
        [f.dex, f.stranger],
        [-waiting, waiting],
      );
      await expect(f.dex.collectProtocolFees(a, f.stranger)).to.be.revertedWithCustomError(f.dex, "ZeroAmount");
      await expect(f.dex.collectProtocolFees(a, f.dex)).to.be.revertedWithCustomError(f.dex, "InvalidRecipient");
      await expect(f.dex.connect(f.trader).collectProtocolFees(a, f.trader)).to.be.revertedWithCustomError(
        f.dex,
        "OwnableUnauthorizedAccount",
      );
    });
  });
});
