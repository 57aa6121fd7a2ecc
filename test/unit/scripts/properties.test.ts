import { expect } from "chai";

import { propertiesOf, verdictsOf } from "../../../scripts/testing/properties.ts";

const FILE = "test/formal/X.sol";
const SOURCE = `contract X {
    function f() external pure {
        // PROPERTY: größer
        assert(1 > 0);
        // PROPERTY: smaller
        assert(0 < 1);
    }
}
`;

const about = (errorCode: string, text: string, message = ""): object => ({
  errorCode,
  message,
  severity: "warning",
  sourceLocation: { file: FILE, start: Buffer.from(SOURCE).indexOf(text) },
});

describe("properties for the model checker", () => {
  const properties = propertiesOf(SOURCE);
  const verdicts = (...messages: object[]): string[] =>
    verdictsOf(FILE, properties, messages as Parameters<typeof verdictsOf>[2]).map(({ verdict }) => verdict);

  it("are the assertions, each named by the comment above it", () => {
    expect(properties.map(({ text, line }) => [text, line])).to.deep.equal([
      ["größer", 4],
      ["smaller", 6],
    ]);
    expect(() => propertiesOf("contract X {\n  assert(true);\n}")).to.throw(/line 2/);
  });

  it("are proved only if the compiler says so of each", () => {
    const [first, second] = [about("9576", "assert(1"), about("9576", "assert(0")];
    expect(verdicts(first, second)).to.deep.equal(["proved", "proved"]);
    expect(verdicts(second)).to.deep.equal(["unproved", "proved"]);
    expect(verdicts()).to.deep.equal(["unproved", "unproved"]);
    const might = about("6328", "assert(0", "CHC: Assertion violation might happen here.");
    const does = about("6328", "assert(0", "CHC: Assertion violation happens here.");
    expect(verdicts(first, might)).to.deep.equal(["proved", "unproved"]);
    expect(verdicts(first, second, does)).to.deep.equal(["proved", "violated"]);
    expect(verdicts(about("5724", "assert(1"), second)).to.deep.equal(["unproved", "proved"]);
  });
});
