import { expect } from "chai";
import fc from "fast-check";

import { printable } from "../../../cli/core/printable.ts";
import { toJson } from "../../../cli/core/json.ts";

const RUNS = 300 * Number(process.env.FUZZ_RUNS ?? "1");
/** Everything that moves a cursor, colours, hides or turns text around. */
const HOSTILE = "\x1b[2J\u009b31mred\u202eevil\u2066\u0007\r\nline\u2028two\ufeff\ud800\u061c\u{e0041}";

describe("text of strangers", () => {
  it("becomes one line without control characters", () => {
    expect(printable(HOSTILE)).to.equal("[2J 31mred evil line two");
  });

  it("is cut at its limit, however long it is", () => {
    expect(printable("a".repeat(10), 5)).to.equal("aaaa…");
    expect(printable("aaaaa", 5)).to.equal("aaaaa");
    expect(Array.from(printable("é💥".repeat(1_000_000), 40))).to.have.length(40);
    expect(printable(`a${" ".repeat(1_000)}b`, 20))
      .to.match(/^a/)
      .and.to.match(/…$/);
  });

  it("never keeps what a terminal acts on, whatever it was", () => {
    const property = fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      expect(printable(text, 100)).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("stands in JSON without loss and without what a terminal acts on", () => {
    const text = toJson({ text: HOSTILE });
    expect(text).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(text)).to.deep.equal({ text: HOSTILE });
  });
});
