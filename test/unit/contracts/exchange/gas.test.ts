import { expect } from "chai";

import {
  EXCHANGE_TARGETS,
  measureExchangeGas,
  readExchangeGas,
  type ExchangeGas,
} from "../../../../bench/exchange-gas.ts";

/** A figure may move by this part before somebody has to look at it. */
const TOLERANCE = 0.01;

describe("The exchange's gas", function () {
  this.timeout(60_000);
  let gas: ExchangeGas;

  before(async () => {
    gas = await measureExchangeGas();
  });

  it("is what the snapshot says (`exchange-gas` of the benches writes a new one)", async () => {
    const snapshot = await readExchangeGas();
    expect(Object.keys(gas)).to.have.members(Object.keys(snapshot));
    const moved = Object.entries(gas).filter(([name, now]) => {
      const before = snapshot[name] ?? 0;
      return Math.abs(now - before) > before * TOLERANCE;
    });
    expect(moved).to.deep.equal([]);
  });

  it("is within its bounds", () => {
    const above = Object.entries(EXCHANGE_TARGETS).filter(([name, most]) => (gas[name] ?? Infinity) > most);
    expect(above).to.deep.equal([]);
  });

  it("is below that of Uniswap v2's pair with the transfers that the pair needs, and of its router", () => {
    const figure = (name: string): number => gas[name] ?? NaN;
    const isBelow = (ours: string, ...theirs: string[]): void => {
      for (const name of theirs) expect(figure(ours), `${ours} beside ${name}`).to.be.lessThan(figure(name));
    };
    const [pair, router] = ["Uniswap v2 pair:", "Uniswap v2 router:"];
    isBelow("direct swap, exact input", `${pair} swap and the transfer before it`, `${router} swap, exact input`);
    isBelow("direct swap, exact output", `${pair} swap and the transfer before it`, `${router} swap, exact output`);
    isBelow("swap over two pools", `${router} swap over two pairs`);
    isBelow("add liquidity", `${pair} mint and the two transfers before it`, `${router} add liquidity`);
  });
});
