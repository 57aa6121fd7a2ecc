import { expect } from "chai";

import { EXCHANGE_TARGETS, measureExchangeGas, readExchangeGas } from "../../../../bench/exchange-gas.ts";
import { itKeepsItsGas } from "../../../support/gas-snapshot.ts";

describe("The exchange's gas", function () {
  this.timeout(60_000);

  const figure = itKeepsItsGas({
    measure: measureExchangeGas,
    snapshot: readExchangeGas,
    bounds: EXCHANGE_TARGETS,
    tolerance: 0.01,
    bench: "exchange-gas",
    within: "is within its bounds",
  });

  it("is below that of Uniswap v2's pair with the transfers that the pair needs, and of its router", () => {
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
