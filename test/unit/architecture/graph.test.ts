import { expect } from "chai";

import { againstArrows, areaOf, findCycles, type Import } from "./support/graph.ts";
import { specifiersOf } from "./support/solidity-imports.ts";

const edge = (from: string, to: string): Import => ({ from, to, specifier: to });

describe("the checks on imports", () => {
  it("find a cycle, also one of a file with itself, and none in a diamond", () => {
    expect(findCycles([edge("a", "b"), edge("b", "c"), edge("c", "a")])).to.deep.equal([["a", "b", "c"]]);
    expect(findCycles([edge("a", "a")])).to.deep.equal([["a"]]);
    expect(findCycles([edge("a", "b"), edge("a", "c"), edge("b", "d"), edge("c", "d")])).to.deep.equal([]);
  });

  it("name an import that goes against the arrows, and one of a place without arrows", () => {
    const arrows = { low: [], high: ["low"] };
    expect(againstArrows([edge("high/a.ts", "low/b.ts"), edge("low/a.ts", "low/b.ts")], arrows)).to.deep.equal([]);
    expect(againstArrows([edge("low/a.ts", "high/b.ts")], arrows)).to.have.length(1);
    expect(againstArrows([edge("high/a.ts", "elsewhere/b.ts")], arrows)).to.have.length(1);
  });

  it("put a file into the innermost area", () => {
    expect(areaOf("protocol/chain/x.ts", ["protocol", "protocol/chain"])).to.equal("protocol/chain");
    expect(areaOf("protocols/x.ts", ["protocol"])).to.equal(undefined);
  });

  it("read Solidity's forms of import and pass over comments", () => {
    const source = `
      import {A,
        B} from "./a.sol";
      import "./b.sol";
      import * as C from './c.sol';
      // import "./not.sol";
      /* import "./nor.sol"; */`;
    expect(specifiersOf(source)).to.deep.equal(["./a.sol", "./b.sol", "./c.sol"]);
  });
});
