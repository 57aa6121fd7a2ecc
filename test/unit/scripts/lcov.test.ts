import { expect } from "chai";

import { coverageByFile } from "../../../scripts/testing/lcov.ts";

const TRACE = `TN:
SF:contracts/b/Two.sol
DA:9,0
DA:3,1
DA:4,0
LH:1
LF:3
end_of_record
SF:contracts/a/One.sol
DA:12,7
LH:1
LF:1
end_of_record
SF:contracts/a/Interface.sol
LH:0
LF:0
end_of_record
`;

describe("coverage read from a trace file", () => {
  it("counts each file's lines and names those that were not run", () => {
    expect(coverageByFile(TRACE)).to.deep.equal([
      { file: "contracts/a/One.sol", hit: 1, found: 1, missed: [] },
      { file: "contracts/b/Two.sol", hit: 1, found: 3, missed: [4, 9] },
    ]);
  });

  it("finds nothing in an empty trace", () => {
    expect(coverageByFile("")).to.deep.equal([]);
  });
});
