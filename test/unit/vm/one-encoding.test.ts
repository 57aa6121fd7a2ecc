import { expect } from "chai";

import { buildFixedRootProof, FORMAT, programRoot, zeroHash, type FixedRootProof } from "@orion/protocol/tensor";

import { encodeHeader } from "../../../protocol/tensor/program-file.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { aimed, stepProof } from "../../support/right-claim.ts";
import { deployVm, type VmFixture } from "../../support/vm-fixture.ts";
import { claimOf, flip, FROM, NODE, PROGRAM } from "./support/attacked-claim.ts";

describe("TensorVM takes one encoding of a proof, and one version of a program", () => {
  let fixture: VmFixture;
  before(async () => {
    fixture = await deployVm();
  });

  it("whose constant carries its root in the descriptor, and nothing beside it", async () => {
    const constant = PROGRAM.nodes.findIndex(({ op }) => op === "constant");
    const claim = claimOf({ alter: flip(0, constant, 0) });
    const proof = buildFixedRootProof(claim.source(FROM), constant, nodeSha256);
    const judge = async (junk: Partial<FixedRootProof>): Promise<string> => {
      const junked = { kind: "fixedRoot", proof: { ...proof, ...junk } } as const;
      const verdict = await fixture.judge(claim.facts, aimed(claim, FROM, junked));
      return verdict.wrong ? "wrong" : verdict.error;
    };
    expect(await judge({})).to.equal("wrong");
    const truth = PROGRAM.nodes[constant]?.constantRoot as Uint8Array;
    for (const fixedRoot of [zeroHash(0), zeroHash(3), truth, proof.claimedRoot]) {
      const zero = fixedRoot.every((byte) => byte === 0);
      expect(await judge({ fixedRoot })).to.equal(zero ? "wrong" : "BadProof(Path)");
    }
    for (const fixedPath of [[zeroHash(0)], [truth, truth]]) {
      expect(await judge({ fixedPath })).to.equal("BadProof(Path)");
    }
  });

  it("whose header says version 1, even if the job names a program of another version", async () => {
    const claim = claimOf({ alter: flip(0, NODE.y, 0) });
    const { proof } = stepProof(claim, { shard: FROM, node: NODE.y, element: 0 });
    const rootOf = (version: number): Uint8Array => {
      const header = encodeHeader(PROGRAM);
      header[0] = version;
      return nodeSha256.digest(new Uint8Array([FORMAT.headerDomain, ...header, ...proof.header.descriptorsRoot]));
    };
    expect(rootOf(1)).to.deep.equal(programRoot(PROGRAM, nodeSha256));
    const judge = async (version: number): Promise<string> => {
      const facts = { ...claim.facts, programRoot: rootOf(version) };
      const header = { ...proof.header, version };
      const other = { kind: "step", proof: { ...proof, header } } as const;
      const verdict = await fixture.judge(facts, aimed(claim, FROM, other));
      return verdict.wrong ? "wrong" : verdict.error;
    };
    expect(await judge(1)).to.equal("wrong");
    for (const version of [0, 2, 255]) expect(await judge(version)).to.equal("BadProof(Header)");
  });
});
