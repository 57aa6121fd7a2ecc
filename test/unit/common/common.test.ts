import { expect } from "chai";
import fc from "fast-check";

import {
  AbortedError,
  ConfigurationError,
  equalBytes,
  fromHex,
  IntegrityError,
  InvalidInputError,
  OrionError,
  RevertError,
  systemClock,
  toHex,
  UnavailableError,
} from "@orion/protocol/common";

describe("hexadecimal", () => {
  it("survives both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).to.deep.equal(bytes);
      }),
    );
    expect(toHex(new Uint8Array([0, 1, 0xab]))).to.equal("0x0001ab");
    expect(fromHex("0xAb")).to.deep.equal(new Uint8Array([0xab]));
  });

  it("is refused without 0x, in halves, with other letters and of another length", () => {
    for (const text of ["", "ab", "0x1", "0xgg", "0x12 ", "0x12\n"]) {
      expect(() => fromHex(text), text).to.throw(InvalidInputError);
    }
    expect(() => fromHex("0x1234", 3)).to.throw(InvalidInputError, "3 bytes expected, got 2");
  });

  it("is quoted in part only when it is long", () => {
    expect(() => fromHex("z".repeat(1_000)))
      .to.throw(InvalidInputError)
      .and.to.have.property("message")
      .with.length.below(110);
  });

  it("bytes are equal when all of them are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, b)).to.equal(toHex(a) === toHex(b));
        expect(equalBytes(a, a.slice())).to.equal(true);
      }),
    );
  });
});

describe("errors", () => {
  it("carry code, hint and whether a retry may help", () => {
    const all = [
      [new InvalidInputError("m", { hint: "h" }), "INVALID_INPUT", false],
      [new ConfigurationError("m", { hint: "h" }), "CONFIGURATION", false],
      [new UnavailableError("m", { hint: "h" }), "UNAVAILABLE", true],
      [new IntegrityError("m", { hint: "h" }), "INTEGRITY", false],
      [new AbortedError("m", { hint: "h" }), "ABORTED", true],
    ] as const;
    for (const [error, code, retryable] of all) {
      expect(error).to.be.instanceOf(OrionError);
      expect([error.code, error.retryable, error.hint, error.message]).to.deep.equal([code, retryable, "h", "m"]);
      expect(error.name).to.equal(error.constructor.name);
    }
  });

  it("of contracts name the error and its values", () => {
    const error = new RevertError("BelowPar", [1n, 2n]);
    expect(error.message).to.equal("the contract refused the call: BelowPar(1, 2)");
    expect([error.code, error.retryable, error.hint]).to.deep.equal(["REVERT", false, undefined]);
  });
});

describe("systemClock", () => {
  it("sleeps as long as it is told, and no longer once it is woken", async () => {
    const from = systemClock.now();
    await systemClock.sleep(30);
    expect(systemClock.now() - from).to.be.within(25, 500);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);
    await systemClock.sleep(60_000, stop.signal);
    await systemClock.sleep(60_000, stop.signal);
    expect(systemClock.now() - from).to.be.below(2_000);
  });
});
