import { expect } from "chai";
import fc from "fast-check";

import { EXACT_BITS, toMultiplier, toMultiplierPair } from "../../../../protocol/models/quantize/multiplier.ts";

describe("multipliers", () => {
  it("are as close to their factor as their bits allow", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 2 ** -30, max: 2 ** 20, noNaN: true }),
        fc.integer({ min: 22, max: 31 }),
        (factor, bits) => {
          const { m, s } = toMultiplier(factor, bits);
          expect(m).to.be.within(1, 2 ** bits - 1);
          expect(s).to.be.within(0, 62);
          expect(Math.abs(m / 2 ** s - factor)).to.be.at.most(factor * 2 ** (1 - bits));
        },
      ),
    );
  });

  it("never round up to a bit more than they have", () => {
    const { m, s } = toMultiplier(1 - 2 ** -40, EXACT_BITS);
    expect([m, s]).to.deep.equal([2 ** 30, 30]);
  });

  it("of nothing and of less than 2^-62 are the least there is", () => {
    expect(toMultiplier(0, 31)).to.deep.equal({ m: 1, s: 62 });
    expect(toMultiplier(2 ** -80, 31)).to.deep.equal({ m: 1, s: 62 });
    expect(() => toMultiplier(-1, 31)).to.throw(RangeError);
  });

  it("in pairs share a shift", () => {
    const { ma, mb, s } = toMultiplierPair(0.75, 0.001, 22);
    expect(ma / 2 ** s).to.be.closeTo(0.75, 2 ** -20);
    expect(mb / 2 ** s).to.be.closeTo(0.001, 2 ** -20);
  });
});
